use super::a::*;
pub struct B(pub Option<Box<A>>);
