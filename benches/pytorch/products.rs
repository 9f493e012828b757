//! The floor of a step's time: its matrix products alone, into buffers that are there.

use anyhow::bail;
use gantop::config::Config;
use gantop::train::data::Source;
use tch::{Device, Kind, Tensor};

/// A product \[rows, inner\] × \[inner, columns\], the factors as they lie in memory.
struct Product {
    left: Tensor,
    right: Tensor,
    out: Tensor,
}

impl Product {
    fn new(rows: i64, inner: i64, columns: i64, transposed: [bool; 2]) -> Product {
        let place = (Kind::Float, Device::Cpu);
        let matrix = |a: i64, b: i64, turned: bool| {
            if turned { Tensor::ones([b, a], place).tr() } else { Tensor::ones([a, b], place) }
        };
        Product {
            left: matrix(rows, inner, transposed[0]),
            right: matrix(inner, columns, transposed[1]),
            out: Tensor::zeros([rows, columns], place),
        }
    }
}

/// The products of a pass through layers of these widths: forward; and where asked, the gradients of the weights and of
/// the layers' inputs, the first one's included or not.
fn pass(rows: i64, widths: &[i64], weights: bool, inputs: Option<bool>) -> Vec<Product> {
    let mut products = Vec::new();
    for (layer, pair) in widths.windows(2).enumerate() {
        let (from, to) = (pair[0], pair[1]);
        products.push(Product::new(rows, from, to, [false, true]));
        if weights {
            products.push(Product::new(to, rows, from, [true, false]));
        }
        if inputs.is_some_and(|first| first || layer > 0) {
            products.push(Product::new(rows, to, from, [false, false]));
        }
    }
    products
}

/// Answers numbers of steps with the seconds that their products take.
pub fn serve(config: &Config) -> anyhow::Result<()> {
    let sample = Source::open(&config.data)?.shape().len();
    let networks = (config.generator.ends, config.generator.architecture.mlp(), config.critic.architecture.mlp());
    let (Some(ends), Some(generator), Some(critic)) = networks else { bail!("only perceptrons are compared") };
    let widths = |first: usize, hidden: &[usize], last: usize| -> Vec<i64> {
        [first].iter().chain(hidden).chain([&last]).map(|&width| width as i64).collect()
    };
    let generator = widths(ends.latent, &generator.hidden, sample);
    let critic = widths(sample, &critic.hidden, 1);
    let batch = config.batch_size as i64;
    let mut update = pass(batch, &generator, false, None);
    update.extend(pass(2 * batch, &critic, true, Some(false)));
    let mut last = pass(batch, &generator, true, Some(false));
    last.extend(pass(batch, &critic, false, Some(true)));
    let flops = |products: &[Product]| -> f64 {
        let one = |p: &Product| 2.0 * p.left.size()[0] as f64 * p.left.size()[1] as f64 * p.right.size()[1] as f64;
        products.iter().map(one).sum()
    };
    let updates = config.critic.steps;
    tch::set_num_threads(config.threads.max(1) as i32);
    println!("{:.1} MFLOP a step", (flops(&update) * updates as f64 + flops(&last)) / 1e6);
    let multiply = |products: &mut [Product]| {
        for Product { left, right, out } in products {
            let _ = left.f_matmul_out(out, right);
        }
    };
    super::serve(|steps| {
        tch::no_grad(|| {
            for _ in 0..steps {
                (0..updates).for_each(|_| multiply(&mut update));
                multiply(&mut last);
            }
        });
        Ok(())
    })
}
