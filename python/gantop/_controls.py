"""Controls: what of a training loop a person may change while it goes on."""

from . import _names
from ._numbers import finite


class Refused(ValueError):
    """A value that a control does not take; says why, for a person."""


class Control:
    """One control: reads and sets a value of the training loop, in its own thread, between two steps.

    `kind` is `number`, `whole`, `flag` or `choice`; where it is not said, it is that of the value in force.
    """

    def __init__(self, name, get, put, low, high, choices, kind, unit, label):
        self.name, self.get, self.put = _names.fit(name), get, put
        self.key = _names.key(self.name)
        self.value = get()
        self.choices = [str(choice) for choice in choices] if choices else None
        self.kind = kind or self._kind()
        if self.kind not in ("number", "whole", "flag", "choice"):
            raise ValueError(f"the kind of the control {name}: must be number, whole, flag or choice")
        if self.kind == "choice" and not self.choices:
            raise ValueError(f"the control {name} has a value of type {type(self.value).__name__}: give it `choices`")
        self.low, self.high = low, high
        self.unit, self.label = _names.shown(unit), _names.shown(label)
        self.value = self._plain(self.value)

    def _kind(self):
        value = self.value
        if self.choices:
            return "choice"
        return "flag" if isinstance(value, bool) else "whole" if isinstance(value, int) else "number" \
            if hasattr(value, "__float__") else "choice"

    def _plain(self, value):
        """The value as JSON has it."""
        return {"number": float, "whole": int, "flag": bool, "choice": str}[self.kind](value)

    def declared(self):
        """What the protocol says of it."""
        about = {"name": self.name, "kind": self.kind}
        for name in ("low", "high", "choices"):
            if getattr(self, name) is not None:
                about[name] = getattr(self, name)
        for name in ("unit", "label"):
            if getattr(self, name):
                about[name] = getattr(self, name)
        return about

    def refresh(self):
        """Looks at the value in force: the loop's own schedule may have changed it."""
        self.value = self._plain(self.get())

    def checked(self, value):
        """The value as it may be set, or why not."""
        wanted = f"{self.name}={value}: must be "
        if self.kind == "flag":
            if not isinstance(value, bool):
                raise Refused(wanted + "true or false")
            return value
        if self.kind == "choice":
            if value not in self.choices:
                raise Refused(wanted + "one of " + ", ".join(self.choices))
            return value
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not finite(value):
            raise Refused(wanted + "a number")
        if self.kind == "whole" and int(value) != value:
            raise Refused(wanted + "a whole number")
        if (self.low is not None and value < self.low) or (self.high is not None and value > self.high):
            raise Refused(wanted + self.range())
        return self._plain(value)

    def range(self):
        """The range in words."""
        if self.low is None:
            return f"at most {self.high}"
        return f"at least {self.low}" if self.high is None else f"from {self.low} to {self.high}"

    def set(self, value):
        """Sets it; what the loop's own function raises is why it is refused."""
        try:
            self.put(value)
        except Exception as error:  # noqa: BLE001: the loop's own code
            raise Refused(f"{self.name}={value}: {type(error).__name__}: {error}") from error
        self.refresh()


def of_optimizer(optimizer):
    """How to read and set the learning rate of a PyTorch-like optimiser: all its groups, each in its proportion."""
    groups = optimizer.param_groups

    def get():
        return float(groups[0]["lr"])

    def put(rate):
        now = get()
        for group in groups:
            group["lr"] = rate * (float(group["lr"]) / now) if now else rate

    return get, put


def settings(controls, objective):
    """The settings in force, as the protocol has them."""
    known = {"optimizer.generator.lr": ("generator_lr", 0.0), "optimizer.critic.lr": ("critic_lr", 0.0),
             "critic.steps": ("critic_steps", 1)}
    good = [control for control in controls.values() if control.kind in ("flag", "choice") or finite(control.value)]
    values = {control.key: control.value for control in good}
    said = {"objective": {"kind": objective}, "constraint": {"kind": "none"}}
    said.update({name: values.get(key, other) for key, (name, other) in known.items()})
    if good:
        said["controls"] = {control.name: control.value for control in good}
    return said
