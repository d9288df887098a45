//! Rights: a number, a word for all or none of them, or a list of their names.

/// Rights as a number (`0x1b03c4312ef`), by the words for all of them and for none, or as a list of names that are all
/// known (`ViewListItems, OpenItems`).
pub(crate) fn perm_mask(text: &str) -> Option<u64> {
    let (mask, unknown) = rights(text);
    mask.filter(|_| unknown.is_empty())
}

/// The rights that a text names, and the names in it that nobody knows. `None` where it names none at all.
pub(crate) fn rights(text: &str) -> (Option<u64>, Vec<&str>) {
    if let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        let digits = (!digits.starts_with('+')).then_some(digits);
        if let Some(mask) = digits.and_then(|digits| u64::from_str_radix(digits, 16).ok()) {
            return (Some(mask), Vec::new());
        }
    }
    let (mut mask, mut unknown) = (None, Vec::new());
    for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        match NAMES.iter().find(|(known, _)| *known == name) {
            Some((_, bits)) => mask = Some(mask.unwrap_or(0) | bits),
            None => unknown.push(name),
        }
    }
    (mask, unknown)
}

/// The names of rights (SP.PermissionKind), and their bits.
const NAMES: [(&str, u64); 37] = [
    ("EmptyMask", 0),
    ("ViewListItems", 0x1),
    ("AddListItems", 0x2),
    ("EditListItems", 0x4),
    ("DeleteListItems", 0x8),
    ("ApproveItems", 0x10),
    ("OpenItems", 0x20),
    ("ViewVersions", 0x40),
    ("DeleteVersions", 0x80),
    ("CancelCheckout", 0x100),
    ("ManagePersonalViews", 0x200),
    ("ManageLists", 0x800),
    ("ViewFormPages", 0x1000),
    ("AnonymousSearchAccessList", 0x2000),
    ("Open", 0x1_0000),
    ("ViewPages", 0x2_0000),
    ("AddAndCustomizePages", 0x4_0000),
    ("ApplyThemeAndBorder", 0x8_0000),
    ("ApplyStyleSheets", 0x10_0000),
    ("ViewUsageData", 0x20_0000),
    ("CreateSSCSite", 0x40_0000),
    ("ManageSubwebs", 0x80_0000),
    ("CreateGroups", 0x100_0000),
    ("ManagePermissions", 0x200_0000),
    ("BrowseDirectories", 0x400_0000),
    ("BrowseUserInfo", 0x800_0000),
    ("AddDelPrivateWebParts", 0x1000_0000),
    ("UpdatePersonalWebParts", 0x2000_0000),
    ("ManageWeb", 0x4000_0000),
    ("AnonymousSearchAccessWebLists", 0x8000_0000),
    ("UseClientIntegration", 0x10_0000_0000),
    ("UseRemoteAPIs", 0x20_0000_0000),
    ("ManageAlerts", 0x40_0000_0000),
    ("CreateAlerts", 0x80_0000_0000),
    ("EditMyUserInfo", 0x100_0000_0000),
    ("EnumeratePermissions", 0x4000_0000_0000_0000),
    ("FullMask", 0x7fff_ffff_ffff_ffff),
];
