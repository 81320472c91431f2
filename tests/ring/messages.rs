//! What the program says when an input is wrong.

use crate::circuit::Ring;
