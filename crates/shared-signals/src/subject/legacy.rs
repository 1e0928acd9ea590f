//! Subjects as drafts had them: `subject_type` for `format` (RISC 1.0 §3.1), complex subjects that do
//! not say that they are, and members that a format does not define.

use serde_json::{Map, Value};

use super::{Identifier, Subject};
use crate::{Deviation, Deviations, Malformed};

/// Reads a subject of the standard's form or a draft's.
pub(crate) fn read(value: Value, deviations: &mut Deviations) -> Result<Subject, Malformed> {
    let Value::Object(mut members) = value else {
        return Err(Malformed::new("the subject is not an object"));
    };
    name_format(&mut members, deviations);
    leave_out_undefined(&mut members, deviations);
    for member in members.values_mut().filter_map(Value::as_object_mut) {
        name_format(member, deviations);
        leave_out_undefined(member, deviations);
    }
    if !members.contains_key("format") && members.values().all(Value::is_object) {
        deviations.note(Deviation::NoFormat);
        members.insert("format".into(), "complex".into());
    }
    Ok(serde_json::from_value(members.into())?)
}

fn name_format(members: &mut Map<String, Value>, deviations: &mut Deviations) {
    if members.contains_key("format") {
        return;
    }
    if let Some(Value::String(name)) = members.remove("subject_type") {
        members.insert("format".into(), name.replace('-', "_").into());
        deviations.note(Deviation::SubjectType(name));
    }
}

fn leave_out_undefined(members: &mut Map<String, Value>, deviations: &mut Deviations) {
    let format = members.get("format").and_then(Value::as_str);
    let Some(defined) = format.and_then(Identifier::members_of) else {
        return;
    };
    let format = format.unwrap_or_default().to_owned();
    members.retain(|member, _| {
        let keep = member == "format" || defined.contains(&member.as_str());
        if !keep {
            let (format, member) = (format.clone(), member.clone());
            deviations.note(Deviation::SubjectMember { format, member });
        }
        keep
    });
}
