pub fn a() -> u32 { assert!(crate::in_macro::b::b() > 0); 1 }
