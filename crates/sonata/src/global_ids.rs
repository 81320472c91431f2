//! Global ids: where the node ids of each population start, and the number that stands for a population in random streams.

use md5::{Digest, Md5};

/// The offset of each population, given in the order of their names with the highest node id in use (0 for an empty one).
///
/// The first population starts at 0, the next at the multiple of 1000 after the last id in use: neurodamus' rule, which random
/// streams depend on. Adding the offset to a node id gives the global id (gid).
#[must_use]
pub fn population_offsets(highest_node_ids: &[u64]) -> Vec<u64> {
    let mut next = 0;
    let offsets = highest_node_ids.iter().map(|highest| {
        let offset = next;
        next = ((offset + highest) / 1000 + 1) * 1000;
        offset
    });
    offsets.collect()
}

/// The 12 bits that stand for a population in the seeds of synapses and miniature events: the low twelve bits of the first two
/// bytes, low byte first, of the MD5 digest of its name.
#[must_use]
pub fn population_hash(name: &str) -> u32 {
    let digest = Md5::digest(name.as_bytes());
    (u32::from(digest[1] & 0x0f) << 8) + u32::from(digest[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_neurodamus() {
        // Observed in neurodamus 4.2.9
        let known = [
            ("RingA", 1341),
            ("RingB", 1057),
            ("RingC", 1012),
            ("default", 4034),
            ("NodeA", 4058),
            ("virtual_neurons", 788),
        ];
        for (name, hash) in known {
            assert_eq!(population_hash(name), hash, "{name}");
        }
    }

    #[test]
    fn offsets_follow_the_ids_in_use() {
        // RingA (ids 0 to 2), then RingB; an empty population before them takes a thousand
        assert_eq!(population_offsets(&[2, 2]), [0, 1000]);
        assert_eq!(population_offsets(&[0, 2, 2]), [0, 1000, 2000]);
        // 999 still fits below 1000, 1000 does not
        assert_eq!(population_offsets(&[999, 0]), [0, 1000]);
        assert_eq!(population_offsets(&[1000, 1000, 5]), [0, 2000, 4000]);
        assert_eq!(population_offsets(&[]), [] as [u64; 0]);
    }
}
