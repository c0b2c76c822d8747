"""When a planned arrival is due in real time, while users steer the speed of the plan."""


class Schedule:
    """Maps offsets of the plan to wall-clock microseconds.

    `speed` 1.0 is the plan's nominal rate; 0.0 parks it. A change of speed keeps the plan's position: nothing that
    was due becomes later, nothing is due twice.
    """

    def __init__(self, start_us: int, speed: float = 1.0) -> None:
        """Start the plan's clock at `start_us` (it may lie in the past: those arrivals are then late, and say so)."""
        self._anchor_us = start_us
        self._anchor_offset_us = 0.0
        self.speed = speed

    def due_us(self, offset_us: int) -> int | None:
        """Return when the arrival at that offset is due, None while the plan is parked."""
        if self.speed <= 0.0:
            return None
        return self._anchor_us + round((offset_us - self._anchor_offset_us) / self.speed)

    def set_speed(self, now_us: int, speed: float) -> None:
        """Go on at another speed from now."""
        elapsed_us = max(0, now_us - self._anchor_us)
        self._anchor_offset_us += elapsed_us * self.speed
        self._anchor_us = max(self._anchor_us, now_us)
        self.speed = speed
