//! Ramps: numbers that change with every step, through a stop, through a person's change, and trained again.

use gantop::config::{Ramp, RampKey, Shape};
use gantop::domain::Metric;
use gantop::link::{Change, Player};

use super::*;
use crate::support::pictures::{encoded, put};
use crate::support::run::Run;

const RAMPS: &str = "schedule=[\
    {at=2, key='optimizer.critic.lr', to=1e-5, over=6, shape='cosine'}, \
    {key='optimizer.generator.lr', from=1e-3, to=1e-4, over=9, shape='exponential'}, \
    {at=3, key='constraint.lambda', from=10, to=1, over=4}, \
    {at=1, key='optimizer.critic.beta2', from=0.9, to=0.99, over=7}, \
    {at=2, key='optimizer.generator.beta1', to=0, over=5, shape='cosine'}, \
    {at=3, key='generator.ema', to=600, over=8, shape='exponential'}, \
    {at=4, set={'critic.steps'=2}}]";

#[test]
fn an_image_run_with_all_that_moves_is_the_same_in_two_parts_by_two_workers_and_again() {
    let folder = tempfile::tempdir().unwrap();
    let images = folder.path().join("images");
    for i in 0..12u8 {
        let image = image::RgbImage::from_fn(8, 8, |x, y| image::Rgb([20 * i, 30 * x as u8, 30 * y as u8]));
        put(&images, &format!("{}/{i}.png", i % 3), &encoded(image, image::ImageFormat::Png));
    }
    let data = format!("data={{kind='folder', path='{}', size=8, flip=true, memory='0'}}", images.display());
    let networks = ["generator={latent=4, base=4, ema=60}", "critic={base=4, norm='layer'}", "constraint.lambda=10"];
    let sets = [&[data.as_str(), RAMPS, "batch_size=8"], &networks[..]].concat();
    let [one, two, workers] = ["one", "two", "workers"].map(|name| folder.path().join(name));
    let with = |threads| [&sets[..], &[threads]].concat();
    train(&["mnist-dcgan", "--steps", "12", "--run-dir", text(&one)], &with("threads=1"));
    train(&["mnist-dcgan", "--steps", "5", "--run-dir", text(&two)], &with("threads=1"));
    train(&["--resume", text(&two), "--steps", "12"], &[]);
    train(&["mnist-dcgan", "--steps", "12", "--run-dir", text(&workers)], &with("threads=2"));
    assert_same(&one, &two);
    assert_same(&one, &workers);
    for run in [&one, &two] {
        let (code, out, err) = said(gantop(&["replay", text(run)]));
        assert_eq!(code, 0, "{out}{err}");
    }
    // Without the ramps it would have been another run.
    let settings = newest(&one).info.settings;
    assert_eq!((settings.critic_lr, settings.generator_lr, settings.critic_steps), (1e-5, 1e-4, 2));
    assert_eq!(settings.number(RampKey::Lambda), Some(1.0));
    assert_eq!((settings.critic_beta2, settings.generator_beta1, settings.ema), (Some(0.99), Some(0.0), Some(600.0)));
    let (code, out, err) = said(gantop(&["journal", text(&two), "--as-schedule"]));
    assert_eq!(code, 0, "{err}");
    assert_eq!(out.matches("shape = ").count(), 6, "{out}");
    assert!(out.contains("\"critic.steps\" = 2") && !out.contains("\"optimizer.critic.lr\" ="), "{out}");
}

#[test]
fn a_ramp_moves_its_number_until_a_person_sets_it() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    let schedule = "schedule=[{at=5, key='optimizer.critic.lr', from=1e-3, to=1e-4, over=20}, \
                    {at=12, key='constraint.clip', to=0.02, over=10, shape='exponential'}]";
    let sets = [&TINY[..], &["steps=40", "constraint.clip=0.5", schedule]].concat();
    let mut run = Run::recorded(&dir, &sets);
    run.advance(15);
    let rate = |run: &Run, step: usize| run.records[step - 1].values[Metric::CriticLr];
    let wanted = |step: usize| Shape::Linear.value(1e-3, 1e-4, (step - 6) as f64 / 20.0) as f32;
    assert!(
        (6..=15).all(|step| rate(&run, step) == wanted(step)),
        "the first step after its start has what it starts from"
    );
    let note = run.set(Change::Rate(Player::Critic, 7e-4)).unwrap().note;
    assert_eq!(note.as_deref(), Some("this ends the ramp of optimizer.critic.lr"));
    let ramp = Ramp { key: RampKey::Clip, from: None, to: 0.1, over: 2, shape: Shape::Linear };
    let again = run.set(Change::Ramp(ramp)).unwrap();
    assert_eq!(again.note.as_deref(), Some("in place of the ramp before it"));
    run.go_to_the_end();
    assert!((16..=40).all(|step| rate(&run, step) == 7e-4));
    drop(run);
    let settings = newest(&dir).info.settings;
    assert_eq!((settings.number(RampKey::Clip), settings.critic_lr), (Some(0.1), 7e-4));
    let (code, out, err) = said(gantop(&["replay", text(&dir)]));
    assert_eq!(code, 0, "{out}{err}");
}
