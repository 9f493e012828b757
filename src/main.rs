fn main() {
    println!("{} {:?}", tch::Cuda::is_available(), tch::Tensor::from_slice(&[1f32, 2.]).sum(tch::Kind::Float));
}
