//! Streams and deliveries as tables, for people.

use std::fmt::Write as _;

use domain::stream::Delivery as How;

use crate::admin::streams::{Delivery, Stream};

/// Streams, a line each.
pub(super) fn streams(streams: &[Stream]) -> String {
    let head = [
        "ID", "NAME", "CLIENT", "STATUS", "DELIVERY", "WAITING", "DEAD", "LOST",
    ];
    let rows = streams.iter().map(|stream| {
        let name = stream.settings.name.as_ref();
        let delivery = match &stream.settings.delivery {
            How::Push { endpoint_url, .. } => endpoint_url.to_string(),
            How::Poll => "poll".to_owned(),
        };
        [
            stream.id.to_string(),
            name.map_or("-".to_owned(), ToString::to_string),
            stream.client.to_string(),
            stream.status.as_str().to_owned(),
            delivery,
            stream.queue.pending.to_string(),
            stream.queue.dead.to_string(),
            stream.queue.lost.to_string(),
        ]
    });
    table(head, rows)
}

/// Deliveries, a line each.
pub(super) fn deliveries(deliveries: &[Delivery]) -> String {
    let head = ["ID", "EVENT", "TRIES", "LAST ANSWER"];
    let rows = deliveries.iter().map(|delivery| {
        let event = delivery.r#type.rsplit('/').next();
        [
            delivery.id.clone(),
            event.unwrap_or_default().to_owned(),
            delivery.attempts.to_string(),
            delivery.answer.clone().unwrap_or_else(|| "-".to_owned()),
        ]
    });
    table(head, rows)
}

/// Columns as wide as their widest cell.
fn table<const N: usize>(head: [&str; N], rows: impl Iterator<Item = [String; N]>) -> String {
    let rows: Vec<_> = std::iter::once(head.map(str::to_owned))
        .chain(rows)
        .collect();
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.max().unwrap_or_default()
    };
    let widths: [usize; N] = std::array::from_fn(width);
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            let _ = write!(line, "{cell:width$}  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_in_line() {
        let rows = [
            ["a".to_owned(), "long one".to_owned()],
            ["bcd".to_owned(), "x".to_owned()],
        ];
        let text = table(["ID", "NAME"], rows.into_iter());
        assert_eq!(text, "ID   NAME\na    long one\nbcd  x\n");
    }
}
