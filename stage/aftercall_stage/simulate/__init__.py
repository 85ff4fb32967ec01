"""A synthetic hospital and ambulance service with labels, which knows nothing of the product (DECISIONS 38)."""

from aftercall_stage.simulate.rates import Rates
from aftercall_stage.simulate.world import World, simulate

__all__ = ["Rates", "World", "simulate"]
