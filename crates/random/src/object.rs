//! The script-level `Random` object: a generator, the current distribution and what the last draw left over.

use crate::{Distribution, DistributionError, MCellRan4, Stream};
use thiserror::Error;

/// Where a [`Random`] object takes its uniforms from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Generator {
    /// A Random123 stream (`Random.Random123(id1, id2, id3)`).
    Random123(Stream),
    /// An MCellRan4 generator (`Random.MCellRan4(high, low)`).
    MCellRan4(MCellRan4),
}

impl Generator {
    /// A uniform deviate: (0, 1) for Random123, [0, 1) for MCellRan4.
    pub fn uniform(&mut self) -> f64 {
        match self {
            Self::Random123(stream) => stream.uniform(),
            Self::MCellRan4(generator) => generator.uniform(),
        }
    }
}

/// A position that no Random123 stream has.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[error("a sequence position is a number from 0 to 17179869183, got {position}")]
pub struct SequenceError {
    /// What was given.
    pub position: f64,
}

/// NEURON's `Random` object.
///
/// Selecting a distribution draws from it once and forgets the cached normal deviate; changing the generator
/// keeps distribution and cache.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Random {
    generator: Generator,
    distribution: Distribution,
    cached_normal: Option<f64>,
}

impl Random {
    /// A new object as `new Random(seed)` makes it: Random123 with ids (seed, 55, 0), distribution
    /// normal(0, 1). `seed` is 0 where the script gives none.
    pub fn new(global_index: u32, seed: u32) -> Self {
        Self::with_generator(Generator::Random123(Stream::new(global_index, seed, 55, 0)))
    }

    /// A new object with a generator of one's own, distribution normal(0, 1).
    pub fn with_generator(generator: Generator) -> Self {
        Self { generator, distribution: Distribution::Normal(0.0, 1.0), cached_normal: None }
    }

    /// The object with this distribution and this deviate left over, without drawing.
    pub fn resumed(generator: Generator, distribution: Distribution, cached_normal: Option<f64>) -> Self {
        Self { generator, distribution, cached_normal }
    }

    /// The normal deviate that the last draw left over.
    pub fn cached_normal(&self) -> Option<f64> {
        self.cached_normal
    }

    /// The generator.
    pub fn generator(&self) -> &Generator {
        &self.generator
    }

    /// The generator, to change its ids or position.
    pub fn generator_mut(&mut self) -> &mut Generator {
        &mut self.generator
    }

    /// Replaces the generator; distribution and cached normal deviate stay.
    pub fn set_generator(&mut self, generator: Generator) {
        self.generator = generator;
    }

    /// The current distribution.
    pub fn distribution(&self) -> Distribution {
        self.distribution
    }

    /// Makes `distribution` the current one and draws from it (every distribution method of the script object).
    ///
    /// # Errors
    /// When NEURON refuses the parameters, or a draw would never end; the object is then unchanged.
    pub fn select(&mut self, distribution: Distribution) -> Result<f64, DistributionError> {
        distribution.check()?;
        self.distribution = distribution;
        self.cached_normal = None;
        Ok(self.repick())
    }

    /// Draws again from the current distribution (`repick`).
    pub fn repick(&mut self) -> f64 {
        let generator = &mut self.generator;
        self.distribution.draw(&mut self.cached_normal, || generator.uniform())
    }

    /// The position in the sequence (`seq()`): words drawn for Random123, the high index for MCellRan4.
    pub fn sequence(&self) -> f64 {
        match &self.generator {
            Generator::Random123(stream) => stream.position(),
            Generator::MCellRan4(generator) => f64::from(generator.high()),
        }
    }

    /// Moves to a position in the sequence (`seq(n)`).
    ///
    /// # Errors
    /// When a Random123 position is not within 0 to 2^34 - 1.
    pub fn set_sequence(&mut self, position: f64) -> Result<(), SequenceError> {
        match &mut self.generator {
            Generator::Random123(stream) => {
                if !(0.0..=17179869183.0).contains(&position) {
                    return Err(SequenceError { position });
                }
                stream.set_position(position);
            }
            Generator::MCellRan4(generator) => generator.set_high(position as i64 as u32),
        }
        Ok(())
    }
}

// Expected numbers in these tests were produced with NEURON 9.0.2.
#[cfg(test)]
mod tests {
    use super::{Generator, Random};
    use crate::{Distribution, MCellRan4, Stream};

    fn object() -> Random {
        Random::with_generator(Generator::Random123(Stream::new(0, 1, 2, 3)))
    }

    /// Selects, repicks, and returns the deviates with the position reached.
    fn drawn<const N: usize>(distribution: Distribution) -> ([f64; N], f64) {
        let mut random = object();
        let mut deviates = [0.0; N];
        deviates[0] = random.select(distribution).unwrap();
        deviates[1..].fill_with(|| random.repick());
        (deviates, random.sequence())
    }

    #[test]
    fn uniform() {
        let expected = [4.942585692055853, 2.687308729233381, 2.374610986706193, 2.3796658065683056];
        assert_eq!(drawn(Distribution::Uniform(2.0, 5.0)), (expected, 4.0));
        assert_eq!(drawn(Distribution::Uniform(5.0, 2.0)), (expected, 4.0));
    }

    #[test]
    fn discrete_uniform() {
        let expected = [9.0, 2.0, 1.0, 1.0, 7.0, 6.0];
        assert_eq!(drawn(Distribution::DiscreteUniform(0.0, 9.0)), (expected, 6.0));
        assert_eq!(drawn(Distribution::DiscreteUniform(9.9, 0.0)), (expected, 6.0));
        let expected = [3.0, -2.0, -3.0, -3.0, 2.0, 1.0];
        assert_eq!(drawn(Distribution::DiscreteUniform(-3.0, 3.0)), (expected, 6.0));
        let (words, _) = drawn::<2>(Distribution::DiscreteUniform(0.0, 4294967295.0));
        assert_eq!(words, [4212769771.0, 983989504.0]);
    }

    #[test]
    fn normal_uses_both_deviates_of_a_pair() {
        let expected = [1.1697705780078251, 0.6540212446585365, 0.19973964345080109, 0.17046504008381566];
        assert_eq!(drawn(Distribution::Normal(0.0, 1.0)), (expected, 8.0));
        let expected = [5.339541156015651, 4.308042489317073, 3.3994792869016024, 3.3409300801676314];
        assert_eq!(drawn(Distribution::Normal(3.0, 4.0)), (expected, 8.0));
    }

    #[test]
    fn selecting_anew_forgets_the_second_deviate() {
        let mut random = object();
        let twice = [(); 2].map(|()| random.select(Distribution::Normal(0.0, 1.0)).unwrap());
        assert_eq!((twice, random.sequence()), ([1.1697705780078251, 0.19973964345080109], 8.0));
        let mut random = object();
        let twice = [(); 2].map(|()| random.select(Distribution::LogNormal(0.2, 0.1)).unwrap());
        assert_eq!(twice, [0.39592458911971984, 0.13368660098300192]);
    }

    #[test]
    fn a_new_generator_keeps_the_second_deviate() {
        let mut random = object();
        random.select(Distribution::Normal(0.0, 1.0)).unwrap();
        random.set_generator(Generator::Random123(Stream::new(0, 1, 2, 3)));
        assert_eq!([random.repick(), random.repick()], [0.6540212446585365, 1.1697705780078251]);
    }

    #[test]
    fn lognormal() {
        let expected = [0.39592458911971984, 0.22228526845472396, 0.13368660098300192, 0.12937719210272094];
        assert_eq!(drawn(Distribution::LogNormal(0.2, 0.1)), (expected, 8.0));
        let expected = [6.655698644911491, 5.768401493169647, 5.085375494127375, 5.044242797305346];
        assert_eq!(drawn(Distribution::LogNormal(5.0, 2.0)), (expected, 8.0));
    }

    #[test]
    fn negexp() {
        let expected = [0.04830901686463788, 3.6839599721045952, 5.201198622256809, 5.167690395694192];
        assert_eq!(drawn(Distribution::NegExp(2.5)), (expected, 4.0));
    }

    #[test]
    fn counting_distributions() {
        assert_eq!(drawn(Distribution::Poisson(5.0)), ([3.0, 9.0, 5.0, 6.0, 8.0, 6.0], 43.0));
        assert_eq!(drawn(Distribution::Binomial(10.0, 0.3)), ([4.0, 3.0, 2.0, 3.0], 40.0));
        assert_eq!(drawn(Distribution::Geometric(0.8)), ([1.0, 6.0, 1.0, 4.0, 7.0, 3.0], 22.0));
    }

    #[test]
    fn waiting_time_distributions() {
        let expected = [4.036422079830896, 3.900605150746194, 3.6477810362275576, 3.3961254053619734];
        assert_eq!(drawn(Distribution::Erlang(5.0, 2.0)), (expected, 52.0));
        let expected = [1.5123728804399852, 0.8775413460919514, 0.7677613242209324, 0.7699672449227268];
        assert_eq!(drawn(Distribution::Weibull(5.0, 2.0)), (expected, 4.0));
        let expected = [10.182214936508872, 37.39375898991596, 2.9159393254688575, 1.3793996672340445];
        assert_eq!(drawn(Distribution::HyperGeometric(10.0, 150.0)), (expected, 8.0));
    }

    #[test]
    fn a_new_object_draws_standard_normals() {
        let mut random = Random::new(0, 0);
        assert_eq!((random.repick(), random.sequence()), (0.12337666044615356, 2.0));
        let mut random = Random::new(0, 7);
        assert_eq!([random.repick(), random.repick()], [1.2992392127359287, -0.8483305005605323]);
    }

    #[test]
    fn mcell_ran4_feeds_the_same_distributions() {
        let mut random = Random::new(0, 0);
        random.set_generator(Generator::MCellRan4(MCellRan4::new(5, 77, 0, 1)));
        let pair = [random.select(Distribution::Normal(0.0, 1.0)).unwrap(), random.repick()];
        assert_eq!((pair, random.sequence()), ([1.9029666762322808, 0.7605145103251011], 9.0));
        random.set_sequence(5.0).unwrap();
        assert_eq!(random.select(Distribution::Uniform(0.0, 1.0)).unwrap(), 0.9274150251876563);
    }

    #[test]
    fn the_sequence_wraps_after_the_last_position() {
        let mut random = object();
        random.select(Distribution::Uniform(0.0, 1.0)).unwrap();
        random.set_sequence(17179869183.0).unwrap();
        assert_eq!((random.repick(), random.sequence()), (0.5973580736673069, 0.0));
        assert_eq!((random.repick(), random.sequence()), (0.5422894471459349, 1.0));
    }

    #[test]
    fn refused_parameters_leave_the_object_unchanged() {
        let before = object();
        for (distribution, message) in [
            (Distribution::Binomial(-1.0, 0.5), "`binomial` needs the number of trials from 0 to 1"),
            (Distribution::Binomial(3.0, 1.5), "`binomial` needs the probability from 0 to 1, got 1.5"),
            (Distribution::Geometric(f64::NAN), "`geometric` needs the probability from 0 to 1, got NaN"),
            (Distribution::Geometric(1.0), "`geometric` with the probability 1 would draw forever"),
            (Distribution::Poisson(800.0), "`poisson` with the mean 800 would draw forever"),
        ] {
            let mut random = before;
            let error = random.select(distribution).unwrap_err().to_string();
            assert!(error.starts_with(message), "{error}");
            assert_eq!(random, before);
        }
        let error = before.clone().set_sequence(-1.0).unwrap_err().to_string();
        assert_eq!(error, "a sequence position is a number from 0 to 17179869183, got -1");
    }
}
