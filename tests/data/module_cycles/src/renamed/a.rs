use super::b::B as Second;
pub struct A(pub Option<Box<Second>>);
