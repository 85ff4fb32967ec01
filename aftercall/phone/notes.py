"""What one colleague may write to another, telling a stranger nothing; and other people's guides, by name and link alone."""

from aftercall.locale import marked as _

NOTES = (
    _("Thinking of you. No need to answer."),
    _("I'm around later if you would like company. Quiet is fine too."),
    _("I'm making tea. Shall I bring you one?"),
)

# Plain links that a person may press; no page of ours asks them anything.
# Where a licence forbids more, a name is all we take (FIELD 5).
GUIDES = (
    ("STOP5", "Walker et al. 2020", "https://doi.org/10.15441/ceem.19.086"),
    ("TALK", "Diaz-Navarro, Hadfield, Pierce", "https://www.talkdebrief.org"),
    ("INFO", "Rose, Cheng 2018", "https://doi.org/10.1017/cem.2018.369"),
    ("DISCERN", "Mullan et al. 2013", ""),
    ("TAKE STOCK", "Sugarman et al. 2021", "https://doi.org/10.1136/emermed-2019-208830"),
    ("OK? STOP", "St Vincent's, Melbourne", "https://www.svhs.org.au/our-services/ok-stop"),
    ("The Pause", "J. Bartels", "https://thepause.me"),
)
