//! What rank 0 finds out and all others need.

use systems::communicator::Communicator;

use crate::failure::Failure;

/// Something that can be sent from rank to rank.
pub trait Shared: Sized {
    /// As bytes.
    fn to_bytes(&self) -> Vec<u8>;

    /// From the bytes of [`Shared::to_bytes`].
    fn from_bytes(bytes: &[u8]) -> Self;
}

impl Shared for () {
    fn to_bytes(&self) -> Vec<u8> {
        Vec::new()
    }

    fn from_bytes(_: &[u8]) -> Self {}
}

impl Shared for String {
    fn to_bytes(&self) -> Vec<u8> {
        self.as_bytes().to_vec()
    }

    fn from_bytes(bytes: &[u8]) -> Self {
        String::from_utf8_lossy(bytes).into_owned()
    }
}

impl Shared for Vec<u8> {
    fn to_bytes(&self) -> Vec<u8> {
        self.clone()
    }

    fn from_bytes(bytes: &[u8]) -> Self {
        bytes.to_vec()
    }
}

impl Shared for Vec<f64> {
    fn to_bytes(&self) -> Vec<u8> {
        self.iter().flat_map(|number| number.to_le_bytes()).collect()
    }

    fn from_bytes(bytes: &[u8]) -> Self {
        bytes.as_chunks::<8>().0.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect()
    }
}

impl Shared for Vec<u32> {
    fn to_bytes(&self) -> Vec<u8> {
        self.iter().flat_map(|number| number.to_le_bytes()).collect()
    }

    fn from_bytes(bytes: &[u8]) -> Self {
        bytes.as_chunks::<4>().0.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect()
    }
}

impl<T: Shared> Shared for Option<T> {
    fn to_bytes(&self) -> Vec<u8> {
        match self {
            Some(value) => [vec![1], value.to_bytes()].concat(),
            None => Vec::new(),
        }
    }

    fn from_bytes(bytes: &[u8]) -> Self {
        bytes.split_first().map(|(_, value)| T::from_bytes(value))
    }
}

/// Lets rank 0 find something out, and gives it to all ranks.
///
/// # Errors
///
/// On rank 0 what went wrong, on the others that another rank failed.
pub fn from_first<T: Shared>(
    ranks: &dyn Communicator,
    find: impl FnOnce() -> Result<T, Failure>,
) -> Result<T, Failure> {
    let own = if ranks.rank() == 0 { Some(find()?) } else { None };
    if ranks.size() == 1
        && let Some(own) = own
    {
        return Ok(own);
    }
    let sent = own.as_ref().map(T::to_bytes).unwrap_or_default();
    let parts = ranks.all_gather(&sent)?;
    Ok(match own {
        Some(own) => own,
        None => T::from_bytes(parts.first().map(Vec::as_slice).unwrap_or_default()),
    })
}
