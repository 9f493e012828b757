//! The GPU by NVML, the driver's own library, which is loaded when the program runs: without a driver there is nothing
//! to load, and no GPU to tell of.

use nvml_wrapper::Nvml;
use nvml_wrapper::enum_wrappers::device::TemperatureSensor;

use super::Gpu;

/// The driver, and which of its devices is meant.
pub(crate) struct Driver {
    nvml: Nvml,
    device: Name,
}

/// The name of a device.
#[derive(Clone, Debug, PartialEq)]
enum Name {
    Index(u32),
    /// `GPU-…`, or the beginning of it.
    Uuid(String),
}

impl Driver {
    /// The driver of the device that CUDA counts as `ordinal`, if there is one.
    pub(crate) fn load(ordinal: usize) -> Option<Driver> {
        let visible = std::env::var("CUDA_VISIBLE_DEVICES").ok();
        let nvml = Nvml::init().ok()?;
        let device = name(visible.as_deref(), ordinal);
        let driver = Driver { nvml, device };
        driver.device().map(|_| ())?;
        Some(driver)
    }

    fn device(&self) -> Option<nvml_wrapper::Device<'_>> {
        match &self.device {
            Name::Index(index) => self.nvml.device_by_index(*index).ok(),
            // CUDA takes any beginning that says which one is meant.
            Name::Uuid(start) => (0..self.nvml.device_count().ok()?)
                .filter_map(|index| self.nvml.device_by_index(index).ok())
                .find(|device| device.uuid().is_ok_and(|uuid| uuid.starts_with(start))),
        }
    }

    /// The device's load now. Figures that the driver does not tell, as for a part of a divided GPU, are left out.
    pub(crate) fn look(&self) -> Gpu {
        let Some(device) = self.device() else { return Gpu::default() };
        Gpu {
            index: device.index().unwrap_or_default(),
            busy: device.utilization_rates().ok().map(|rates| f64::from(rates.gpu) / 100.0),
            memory: device.memory_info().ok().map(|memory| (memory.used, memory.total)),
            temperature: device.temperature(TemperatureSensor::Gpu).ok(),
            power: device.power_usage().ok().map(|milliwatts| f64::from(milliwatts) / 1000.0),
        }
    }
}

/// The device that CUDA counts as `ordinal`, given CUDA_VISIBLE_DEVICES: a list of indices or identifiers, which are
/// counted from 0 in their order.
fn name(visible: Option<&str>, ordinal: usize) -> Name {
    let plain = Name::Index(u32::try_from(ordinal).unwrap_or(u32::MAX));
    let Some(entry) = visible.and_then(|list| list.split(',').nth(ordinal)).map(str::trim) else { return plain };
    match entry.parse() {
        Ok(index) => Name::Index(index),
        Err(_) if entry.starts_with("GPU-") => Name::Uuid(entry.to_owned()),
        Err(_) => plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_device_is_the_one_that_cuda_means() {
        assert_eq!(name(None, 1), Name::Index(1));
        assert_eq!(name(Some("2,3"), 1), Name::Index(3));
        assert_eq!(name(Some("2, 3"), 0), Name::Index(2));
        assert_eq!(name(Some("GPU-8932f937,1"), 0), Name::Uuid("GPU-8932f937".into()));
        assert_eq!(name(Some(""), 0), Name::Index(0));
        assert_eq!(name(Some("5"), 3), Name::Index(3));
    }

    #[test]
    fn a_driver_tells_of_a_device_or_there_is_none() {
        match Driver::load(0) {
            None => println!("skipped: no NVIDIA driver here"),
            Some(driver) => {
                let gpu = driver.look();
                assert!(gpu.memory.is_none_or(|(used, all)| used <= all), "{gpu:?}");
                assert!(gpu.busy.is_none_or(|share| (0.0..=1.0).contains(&share)), "{gpu:?}");
            }
        }
    }
}
