//! The device that a run trains on.

use tch::{Cuda, Device};

use crate::config::DeviceChoice;

/// The place where a run trains.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place(pub(super) Device);

/// The device asked for is not there.
#[derive(Debug, thiserror::Error)]
pub enum Unavailable {
    #[error(
        "device \"{0}\" was asked for, but this libtorch sees no CUDA device; use --device cpu, or build with a CUDA \
         libtorch (scripts/libtorch --cuda)"
    )]
    NoCuda(DeviceChoice),
    #[error("device \"{choice}\" was asked for, but there are only {count} CUDA devices, cuda:0 to cuda:{last}", last = count - 1)]
    NoSuchIndex { choice: DeviceChoice, count: usize },
}

impl Place {
    /// Whether training runs on the processor.
    pub fn is_cpu(self) -> bool {
        self.0 == Device::Cpu
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Device::Cpu => f.write_str("cpu"),
            Device::Cuda(index) => write!(f, "cuda:{index}"),
            other => write!(f, "{other:?}"),
        }
    }
}

/// The number of CUDA devices that libtorch sees.
pub fn cuda_devices() -> usize {
    if Cuda::is_available() { usize::try_from(Cuda::device_count()).unwrap_or(0) } else { 0 }
}

/// The device that `choice` comes to on this machine.
pub fn choose(choice: DeviceChoice) -> Result<Place, Unavailable> {
    let count = cuda_devices();
    match choice {
        DeviceChoice::Cpu => Ok(Place(Device::Cpu)),
        DeviceChoice::Auto if count == 0 => Ok(Place(Device::Cpu)),
        DeviceChoice::Auto => Ok(Place(Device::Cuda(0))),
        DeviceChoice::Cuda(_) if count == 0 => Err(Unavailable::NoCuda(choice)),
        DeviceChoice::Cuda(index) if index < count => Ok(Place(Device::Cuda(index))),
        DeviceChoice::Cuda(_) => Err(Unavailable::NoSuchIndex { choice, count }),
    }
}
