//! What the sessions of a run have to tell beside their changes, on stderr.

use sharepoint_changes::Notice;

use crate::progress::Progress;

pub(super) fn note(progress: &Progress, notice: &Notice) {
    match notice {
        Notice::Hidden { visible, total } => progress.note(format_args!(
            "{visible} of {total} items are visible to you; the others are not in the copy"
        )),
        Notice::Poison { id: Some(id), what } => progress.note(format_args!(
            "item {id} cannot be read ({what}); what is held of it stays as it was"
        )),
        Notice::Poison { id: None, what } => {
            progress.note(format_args!("an item cannot be read: {what}"));
        }
        Notice::Replaced { count, first } => {
            let item = first.item.map(|id| format!(" in item {id}")).unwrap_or_default();
            progress.detail(format_args!(
                "{count} characters that XML forbids were replaced, the first of them U+{:04X}{item}",
                first.code
            ));
        }
        Notice::RolesChanged { .. } => progress.note(
            "groups or roles changed, and nobody tells on which items: what you may see may differ from the copy \
             until it was compared (--verify)",
        ),
        Notice::Unreadable { count, first } => {
            let item = first.item.map(|id| format!(" of item {id}")).unwrap_or_default();
            progress.note(format_args!(
                "{count} values cannot be read and count as absent, the first of them {}{item}: {:?}",
                first.attribute, first.text
            ));
        }
        other => progress.note(format_args!("{other:?}")),
    }
}
