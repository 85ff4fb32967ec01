"""What one colleague may write to another, from their own phone and name. On a lock screen it tells a stranger nothing."""

from aftercall.locale import marked as _

NOTES = (
    _("Thinking of you. No need to answer."),
    _("I'm around later if you would like company. Quiet is fine too."),
    _("I'm making tea. Shall I bring you one?"),
)
