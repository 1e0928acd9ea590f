//! A line of the log: one JSON object with the time, the level, the fields of the event, and its target.
//!
//! Every request writes one, so that it is put together here, without a serialiser in between: what a
//! line costs is a good part of what a cheap request costs.

use std::fmt::{self, Debug, Write};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// Writes such lines.
pub(super) struct JsonLine;

impl<S, N> FormatEvent<S, N> for JsonLine
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    #[expect(
        clippy::disallowed_methods,
        reason = "a line tells when it was written, whatever the application's clock says"
    )]
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut out: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        out.write_str("{\"timestamp\":\"")?;
        out.write_str(&rfc3339(Timestamp::now()))?;
        out.write_str("\",\"level\":\"")?;
        out.write_str(event.metadata().level().as_str())?;
        out.write_str("\"")?;
        let mut fields = Fields {
            out: &mut out,
            written: Ok(()),
        };
        event.record(&mut fields);
        fields.written?;
        out.write_str(",\"target\":\"")?;
        Escaped(&mut out).write_str(event.metadata().target())?;
        out.write_str("\"}\n")
    }
}

/// A time in UTC, to the microsecond.
fn rfc3339(time: Timestamp) -> String {
    let time = TimeZone::UTC.to_datetime(time);
    let mut text = String::with_capacity(27);
    push(&mut text, 4, time.year().into());
    text.push('-');
    push(&mut text, 2, time.month().into());
    text.push('-');
    push(&mut text, 2, time.day().into());
    text.push('T');
    push(&mut text, 2, time.hour().into());
    text.push(':');
    push(&mut text, 2, time.minute().into());
    text.push(':');
    push(&mut text, 2, time.second().into());
    text.push('.');
    push(&mut text, 6, i64::from(time.subsec_nanosecond()) / 1000);
    text.push('Z');
    text
}

/// Appends so many digits of a number.
fn push(text: &mut String, digits: u32, number: i64) {
    for place in (0..digits).rev() {
        let digit = u8::try_from(number / 10_i64.pow(place) % 10).unwrap_or_default();
        text.push(char::from(b'0' + digit));
    }
}

/// Members of the object. Names are identifiers and need no escapes.
struct Fields<'a, 'w> {
    out: &'a mut Writer<'w>,
    written: fmt::Result,
}

impl Fields<'_, '_> {
    fn bare(&mut self, field: &Field, value: impl fmt::Display) {
        self.written = self
            .written
            .and_then(|()| write!(self.out, ",\"{}\":{value}", field.name()));
    }

    fn quoted(&mut self, field: &Field, value: impl FnOnce(&mut Escaped<'_, '_>) -> fmt::Result) {
        self.written = self.written.and_then(|()| {
            self.out.write_str(",\"")?;
            self.out.write_str(field.name())?;
            self.out.write_str("\":\"")?;
            value(&mut Escaped(self.out))?;
            self.out.write_str("\"")
        });
    }
}

impl Visit for Fields<'_, '_> {
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.bare(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.bare(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.bare(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.quoted(field, |out| out.write_str(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.quoted(field, |out| write!(out, "{value:?}"));
    }
}

/// What is inside of a JSON string.
struct Escaped<'a, 'w>(&'a mut Writer<'w>);

impl Write for Escaped<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text;
        let special = |byte| matches!(byte, 0..0x20 | b'"' | b'\\');
        while let Some(at) = rest.bytes().position(special) {
            self.0.write_str(&rest[..at])?;
            match rest.as_bytes()[at] {
                byte @ (b'"' | b'\\') => write!(self.0, "\\{}", char::from(byte))?,
                b'\n' => self.0.write_str("\\n")?,
                byte => write!(self.0, "\\u{byte:04x}")?,
            }
            rest = &rest[at + 1..];
        }
        self.0.write_str(rest)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::tests::Page;
    use super::*;

    fn line(write: impl FnOnce()) -> Value {
        let page = Page::default();
        let log = tracing_subscriber::fmt()
            .event_format(JsonLine)
            .with_writer({
                let page = page.clone();
                move || page.clone()
            });
        tracing::subscriber::with_default(log.finish(), write);
        let text = page.text();
        assert_eq!(text.find('\n'), Some(text.len() - 1), "{text}");
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn fields_keep_their_types_and_what_is_absent_is_left_out() {
        let because: Option<&str> = None;
        let mut line = line(|| {
            tracing::warn!(target: "there", status = 503, ok = false, less = -1, ip = %"::1", because, "request");
        });
        let time = line["timestamp"].take();
        assert!(
            time.as_str().unwrap().parse::<Timestamp>().is_ok(),
            "{time}"
        );
        assert_eq!(
            line,
            json!({"timestamp": null, "level": "WARN", "message": "request", "status": 503, "ok": false,
                "less": -1, "ip": "::1", "target": "there"})
        );
    }

    #[test]
    fn whatever_a_text_holds_it_stays_one_line_and_one_text() {
        let text = "\"a\\b\"\n\r\t\u{1}\u{7f}ä\u{2028}";
        let line = line(|| tracing::info!(plain = text, shown = %text, debug = ?text));
        assert_eq!(line["plain"], text);
        assert_eq!(line["shown"], text);
        assert_eq!(line["debug"], format!("{text:?}"));
    }

    #[test]
    fn times_are_written_with_all_their_digits() {
        let time = Timestamp::from_microsecond(1_709_210_705_000_042).unwrap();
        assert_eq!(rfc3339(time), "2024-02-29T12:45:05.000042Z");
    }
}
