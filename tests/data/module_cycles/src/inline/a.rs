pub mod inner { pub fn a() { crate::inline::b::b() } }
