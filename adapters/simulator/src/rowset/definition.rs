//! The List element: a list's definition with its fields and settings, as GetList tells them.

use super::Call;
use super::field::{Field, Holds};
use super::pen::Pen;
use super::value::braced;
use crate::ticks::Ticks;
use crate::world::{Column, ColumnKind, Template};

const SOURCE: &str = "http://schemas.microsoft.com/sharepoint/v3";

/// Writes the element.
pub(crate) fn write(pen: &mut Pen, call: &Call<'_>) {
    let world = call.world;
    let list = world.list(call.list);
    let web = world.web(list.web);
    let library = list.template == Template::Library;
    let path = world.list_path(call.list);
    let page = if library { format!("{path}/Forms/AllItems.aspx") } else { format!("{path}/AllItems.aspx") };
    let says = |yes: bool| if yes { "True" } else { "False" };
    pen.raw("<List");
    let attributes: [(&str, String); 24] = [
        ("DocTemplateUrl", String::new()),
        ("DefaultViewUrl", page),
        ("ID", braced(list.id)),
        ("Title", list.title.clone()),
        ("Description", String::new()),
        ("Name", braced(list.id)),
        ("BaseType", list.template.base_type().to_string()),
        ("FeatureId", braced(uuid::Uuid::nil())),
        ("ServerTemplate", list.template.number().to_string()),
        ("Created", compact(list.created)),
        ("Modified", compact(list.modified)),
        ("LastDeleted", compact(list.item_deleted)),
        ("Version", list.version.to_string()),
        ("Direction", "none".to_owned()),
        ("ItemCount", list.item_count().to_string()),
        ("RootFolder", path.clone()),
        ("WebFullUrl", if web.path.is_empty() { "/".to_owned() } else { web.path.clone() }),
        ("WebId", braced(web.id)),
        ("Author", "1".to_owned()),
        ("EnableAttachments", says(!library).to_owned()),
        ("EnableModeration", "False".to_owned()),
        ("EnableVersioning", says(list.versioning).to_owned()),
        ("EnableFolderCreation", "True".to_owned()),
        ("Hidden", "False".to_owned()),
    ];
    for (name, value) in &attributes {
        pen.double(name, value);
    }
    pen.raw("><Fields>");
    for field in Field::all(list) {
        write_field(pen, call, &field);
    }
    pen.raw("</Fields>");
    regional_settings(pen, call);
    server_settings(pen, &web.path);
    pen.raw("</List>\n");
}

fn regional_settings(pen: &mut Pen, call: &Call<'_>) {
    let zone = call.world.dialect.time_zone.to_string();
    let settings = [
        ("Language", "1033"),
        ("Locale", "1033"),
        ("AdvanceHijri", "0"),
        ("CalendarType", "1"),
        ("Time24", "False"),
        ("TimeZone", zone.as_str()),
        ("SortOrder", "2070"),
        ("Presence", "True"),
    ];
    elements(pen, "RegionalSettings", &settings);
}

fn server_settings(pen: &mut Pen, web: &str) {
    let path = if web.is_empty() { "/" } else { web };
    let settings =
        [("ServerVersion", "16.0.0.26115"), ("RecycleBinEnabled", "True"), ("ServerRelativeUrl", path)];
    elements(pen, "ServerSettings", &settings);
}

fn elements(pen: &mut Pen, name: &str, children: &[(&str, &str)]) {
    pen.raw(&format!("<{name}>"));
    for (child, text) in children {
        pen.raw(&format!("<{child}>"));
        pen.text(text);
        pen.raw(&format!("</{child}>"));
    }
    pen.raw(&format!("</{name}>"));
}

fn write_field(pen: &mut Pen, call: &Call<'_>, field: &Field<'_>) {
    match field {
        Field::Standard(standard) => {
            pen.raw("<Field");
            pen.double("ID", &braced_small(standard.id));
            pen.double("Type", standard.kind);
            pen.double("Name", standard.name);
            pen.double("DisplayName", standard.title);
            pen.double("SourceID", SOURCE);
            pen.double("StaticName", standard.name);
            pen.double("FromBaseType", "TRUE");
            let shown = match standard.holds {
                Holds::Author | Holds::Editor => Some(("UserInfo", "ImnName")),
                _ if standard.kind == "Lookup" => Some(("Docs", standard.name)),
                _ => None,
            };
            if let Some((list, show)) = shown {
                pen.double("List", list);
                pen.double("ShowField", show);
            }
            pen.double("ReadOnly", "TRUE");
            if !matches!(standard.holds, Holds::Modified | Holds::Created | Holds::Author | Holds::Editor) {
                pen.double("Hidden", "TRUE");
            }
            pen.raw("/>");
        }
        Field::Column(column) => write_column(pen, call, column),
    }
}

fn write_column(pen: &mut Pen, call: &Call<'_>, column: &Column) {
    let world = call.world;
    pen.raw("<Field");
    pen.double("ID", &braced_small(column.id));
    pen.double("Type", column.kind.type_name());
    pen.double("Name", &column.name);
    pen.double("DisplayName", &column.title);
    pen.double("Required", if column.required { "TRUE" } else { "FALSE" });
    let own = &*column.name == "Title";
    let source = if own { SOURCE.to_owned() } else { braced_small(world.list(call.list).id) };
    pen.double("SourceID", &source);
    pen.double("StaticName", &column.name);
    match &column.kind {
        ColumnKind::Text => pen.double("MaxLength", "255"),
        ColumnKind::Note { rich } => {
            pen.double("NumLines", "6");
            pen.double("RichText", if *rich { "TRUE" } else { "FALSE" });
        }
        ColumnKind::DateTime { day } => pen.double("Format", if *day { "DateOnly" } else { "DateTime" }),
        ColumnKind::Lookup { list, show, many } => {
            pen.double("List", &braced_small(world.list(*list).id));
            pen.double("ShowField", show);
            if *many {
                pen.double("Mult", "TRUE");
            }
        }
        ColumnKind::User { many } => {
            pen.double("List", "UserInfo");
            pen.double("ShowField", "ImnName");
            pen.double("UserSelectionMode", "PeopleOnly");
            if *many {
                pen.double("Mult", "TRUE");
            }
        }
        ColumnKind::Taxonomy { many } => {
            pen.double("ShowField", "Term1033");
            if *many {
                pen.double("Mult", "TRUE");
            }
        }
        ColumnKind::Url => pen.double("Format", "Hyperlink"),
        ColumnKind::Calculated(formula) => {
            pen.double("ResultType", formula.result_type());
            pen.double("ReadOnly", "TRUE");
        }
        _ => {}
    }
    let before = pen.len();
    pen.raw(">");
    match &column.kind {
        ColumnKind::Choice(choices) | ColumnKind::MultiChoice(choices) => {
            pen.raw("<CHOICES>");
            for choice in choices {
                pen.raw("<CHOICE>");
                pen.text(choice);
                pen.raw("</CHOICE>");
            }
            pen.raw("</CHOICES>");
        }
        ColumnKind::Calculated(formula) => {
            pen.raw("<Formula>");
            pen.text(&formula.text());
            pen.raw("</Formula>");
        }
        _ => {}
    }
    if pen.len() == before + 1 {
        pen.shorten(1);
        pen.raw("/>");
    } else {
        pen.raw("</Field>");
    }
}

/// Ids of fields are in small letters.
fn braced_small(id: uuid::Uuid) -> String {
    let mut buffer = uuid::Uuid::encode_buffer();
    id.braced().encode_lower(&mut buffer).to_owned()
}

/// `20260304 10:15:30`.
fn compact(moment: Ticks) -> String {
    let text = moment.whole_second().iso();
    text.trim_end_matches('Z').replace('-', "").replace('T', " ")
}
