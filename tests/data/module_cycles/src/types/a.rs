pub trait A { fn a(&self) -> Vec<super::b::B>; }
