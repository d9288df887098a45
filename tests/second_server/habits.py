"""What a server, a world or an operator does beyond the ordinary.  README.md says what each is."""

import random

# How often a seed has it.
HABITS = {"cap_40": 0.4, "cut_anywhere": 0.5, "fine_pages": 0.5, "short_change_pages": 0.3, "no_parent_id": 0.35,
          "ids_alone": 0.3, "item_count": 0.5, "silent_expiry": 0.5, "folder_moves_as_system_update": 0.3,
          "renames_as_rows": 0.5, "rows_beside_ids": 0.5, "schema": 0.3, "kills": 0.4, "long_pauses": 0.4,
          "lag": 0.25, "long_lag": 0.05, "outages": 0.15, "restored_backup": 0.05}
# Drawn apart, so that a seed's other habits are what they were before these came.
LATER_HABITS = {"between_lists": 0.25, "moves_as_5_and_6": 0.15, "moves_told_as_away": 0.1, "root_renamed": 0.2,
                "root_renamed_unsaid": 0.1, "large": 0.04, "strange_text": 0.25, "edge_values": 0.25, "gzip": 0.25,
                "chunked": 0.25, "bom": 0.2, "xml_variants": 0.25, "lying_dates": 0.15, "throttled": 0.12, "denied_once": 0.12,
                "repeats": 0.2, "foreign_ids": 0.2, "rights": 0.2, "rights_by_move": 0.1, "shared_inside_hidden": 0.1,
                "one_at_a_time": 0.1, "soap": 0.15, "dressed_values": 0.3, "site_untold": 0.1, "copied_site": 0.3}
ALL = {**HABITS, **LATER_HABITS}


def drawn(seed, rng):
    """The habits of a seed."""
    later = random.Random("later habits of %d" % seed)
    names = {name for name, often in HABITS.items() if rng.random() < often}
    names |= {name for name, often in LATER_HABITS.items() if later.random() < often}
    return names
