pub struct B;
impl super::a::A for B { fn a(&self) -> Vec<B> { Vec::new() } }
