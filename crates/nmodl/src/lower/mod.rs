pub struct Compiled; pub fn compile(){}
