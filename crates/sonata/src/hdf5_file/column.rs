//! One attribute of all nodes or edges, as it is written.

/// The values of one attribute of a population, in the order of ids.
#[derive(Debug, Clone, PartialEq)]
pub enum Column {
    /// 32-bit floating-point numbers, the usual type of physical quantities.
    Float32(Vec<f32>),
    /// 64-bit floating-point numbers.
    Float64(Vec<f64>),
    /// 32-bit signed integers.
    Int32(Vec<i32>),
    /// 64-bit signed integers.
    Int64(Vec<i64>),
    /// 8-bit unsigned integers.
    UInt8(Vec<u8>),
    /// 32-bit unsigned integers.
    UInt32(Vec<u32>),
    /// 64-bit unsigned integers.
    UInt64(Vec<u64>),
    /// Variable-length UTF-8 strings.
    Text(Vec<String>),
    /// Text that repeats, stored as indices into a table of strings in the `@library` group.
    Library {
        /// The distinct strings.
        values: Vec<String>,
        /// For each node or edge the position of its string among `values`.
        indices: Vec<u32>,
    },
}

impl Column {
    /// Number of values.
    pub fn len(&self) -> usize {
        match self {
            Self::Float32(v) => v.len(),
            Self::Float64(v) => v.len(),
            Self::Int32(v) => v.len(),
            Self::Int64(v) => v.len(),
            Self::UInt8(v) => v.len(),
            Self::UInt32(v) | Self::Library { indices: v, .. } => v.len(),
            Self::UInt64(v) => v.len(),
            Self::Text(v) => v.len(),
        }
    }

    /// Whether there are no values.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A `Library` column of `texts`, its table in alphabetical order.
    pub fn library<S: AsRef<str>>(texts: &[S]) -> Self {
        let mut values: Vec<String> = texts.iter().map(|t| t.as_ref().to_owned()).collect();
        values.sort();
        values.dedup();
        let position = |text: &S| values.partition_point(|v| v.as_str() < text.as_ref()) as u32;
        let indices = texts.iter().map(position).collect();
        Self::Library { values, indices }
    }
}

impl From<Vec<f32>> for Column {
    fn from(values: Vec<f32>) -> Self {
        Self::Float32(values)
    }
}

impl From<Vec<f64>> for Column {
    fn from(values: Vec<f64>) -> Self {
        Self::Float64(values)
    }
}

impl From<Vec<i64>> for Column {
    fn from(values: Vec<i64>) -> Self {
        Self::Int64(values)
    }
}

impl From<Vec<u64>> for Column {
    fn from(values: Vec<u64>) -> Self {
        Self::UInt64(values)
    }
}

impl From<Vec<String>> for Column {
    fn from(values: Vec<String>) -> Self {
        Self::Text(values)
    }
}

impl From<Vec<&str>> for Column {
    fn from(values: Vec<&str>) -> Self {
        Self::Text(values.into_iter().map(str::to_owned).collect())
    }
}
