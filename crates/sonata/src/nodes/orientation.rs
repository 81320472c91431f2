//! How a node's morphology is turned: quaternions, or angles about the axes.
//!
//! SONATA has two ways to say it. A population that has all of `orientation_x`, `orientation_y`, `orientation_z` and
//! `orientation_w` is turned by that quaternion. Else, if it has any of `rotation_angle_xaxis`, `rotation_angle_yaxis`
//! and `rotation_angle_zaxis` (radians), it is turned about the fixed x, then y, then z axis, an absent angle being 0
//! as the SONATA guide has it. Else it is not turned. A part of a quaternion says nothing and is skipped with a
//! warning.

use super::NodePopulation;
use crate::hdf5_file::Result;

/// A rotation `[x, y, z, w]`, with the scalar part last.
pub type Quaternion = [f64; 4];

const QUATERNION: [&str; 4] = ["orientation_x", "orientation_y", "orientation_z", "orientation_w"];
const ANGLES: [&str; 3] = ["rotation_angle_xaxis", "rotation_angle_yaxis", "rotation_angle_zaxis"];

impl NodePopulation {
    /// The orientation of each of `ids` (as in the file, not normalised), or `None` when the population has none.
    ///
    /// # Errors
    /// When an attribute is damaged or not a number, or an id is not in the population.
    pub fn orientations(&self, ids: &[u64]) -> Result<Option<Vec<Quaternion>>> {
        let present = QUATERNION.iter().filter(|name| self.has(name)).count();
        if present == QUATERNION.len() {
            let mut out = vec![[0.0; 4]; ids.len()];
            self.fill(&QUATERNION, ids, &mut out)?;
            return Ok(Some(out));
        }
        if present > 0 {
            let missing: Vec<&str> = QUATERNION.into_iter().filter(|name| !self.has(name)).collect();
            tracing::warn!(
                file = %self.file().display(), population = self.name(),
                "orientation skipped: `{}` is missing from the quaternion", missing.join("`, `")
            );
        }
        if !ANGLES.iter().any(|name| self.has(name)) {
            return Ok(None);
        }
        let mut angles = vec![[0.0; 3]; ids.len()];
        self.fill(&ANGLES, ids, &mut angles)?;
        Ok(Some(angles.into_iter().map(from_angles).collect()))
    }

    /// Puts each attribute that is there into its place in `out`.
    fn fill<const N: usize>(&self, names: &[&str; N], ids: &[u64], out: &mut [[f64; N]]) -> Result<()> {
        for (component, name) in names.iter().enumerate() {
            if self.has(name) {
                for (node, value) in out.iter_mut().zip(self.floats(name, ids)?) {
                    node[component] = value;
                }
            }
        }
        Ok(())
    }
}

/// The quaternion of rotations by `[x, y, z]` radians about the fixed x, then y, then z axis: `qz qy qx`.
fn from_angles(angles: [f64; 3]) -> Quaternion {
    let [(sx, cx), (sy, cy), (sz, cz)] = angles.map(|angle| (angle / 2.0).sin_cos());
    [
        sx * cy * cz - cx * sy * sz,
        cx * sy * cz + sx * cy * sz,
        cx * cy * sz - sx * sy * cz,
        cx * cy * cz + sx * sy * sz,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn angles_turn_about_fixed_axes() {
        // scipy: Rotation.from_euler("xyz", [0.3, -1.1, 2.0]).as_quat()
        let want = [0.5037217006570681, -0.1720348372432152, 0.7515219958692854, 0.3897218915925783];
        for (got, want) in from_angles([0.3, -1.1, 2.0]).into_iter().zip(want) {
            assert!((got - want).abs() < 1e-15, "{got} {want}");
        }
        assert_eq!(from_angles([0.0; 3]), [0.0, 0.0, 0.0, 1.0]);
    }
}
