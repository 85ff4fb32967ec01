"""Phones that behave as real ones do: they check, they keep, they try again."""

from aftercall_stage.asker import Asker, Distrust, Memory, Person, Standing
from aftercall_stage.handset import Handset
from aftercall_stage.line import Away, Gone, Refused
from aftercall_stage.peer import Page, Peer

__all__ = ["Asker", "Away", "Distrust", "Gone", "Handset", "Memory", "Page", "Peer", "Person", "Refused", "Standing"]
