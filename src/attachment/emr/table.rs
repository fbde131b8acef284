//! A table: CSV as EMRs and spreadsheets write it (RFC 4180, and what they make of it). By hand, since what is told of it are line numbers, and
//! a quote that is never closed must not swallow the rest of a list.

use chrono::{Datelike as _, NaiveDate};

use super::{EmrFault, EmrList, EmrName, EmrPatient, Numbering, Unreadable, filled};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Phn,
    Given,
    Middle,
    Family,
    Birth,
}

impl Column {
    /// By its header, whatever the case, spaces, hyphens and underscores.
    fn of(header: &str) -> Option<Self> {
        let word: String =
            header.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        Some(match word.as_str() {
            "phn"
            | "bcphn"
            | "phnnumber"
            | "personalhealthnumber"
            | "healthnumber"
            | "healthcardnumber"
            | "healthcard"
            | "hcn"
            | "hin"
            | "carecard"
            | "carecardnumber"
            | "patientphn" => Column::Phn,
            "given" | "givenname" | "givennames" | "first" | "firstname" | "firstnames"
            | "forename" | "forenames" | "patientfirstname" => Column::Given,
            "middle" | "middlename" | "middlenames" | "secondname" => Column::Middle,
            "family" | "familyname" | "last" | "lastname" | "surname" | "patientlastname" => {
                Column::Family
            }
            "birthdate" | "dateofbirth" | "dob" | "birth" | "born" | "birthday" | "birthdt" => {
                Column::Birth
            }
            _ => return None,
        })
    }
}

/// Reads a table with a header row.
///
/// # Errors
/// When it is no table that can be read to its end, or no column of it is called PHN.
pub fn read_table(body: &[u8]) -> Result<EmrList, Unreadable> {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    let text = std::str::from_utf8(body).map_err(|error| {
        let before = body.get(..error.valid_up_to()).unwrap_or_default();
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        Unreadable(format!("Line {line} is not UTF-8. Save the list as CSV UTF-8."))
    })?;
    let (delimiter, skipped) = delimiter(text);
    let mut rows = Rows::new(text, delimiter);
    if skipped {
        rows.next().transpose()?;
    }
    let Some(header) = rows.next().transpose()? else {
        return Err(Unreadable("The list is empty: its first row names the columns.".into()));
    };
    let columns: Vec<Option<Column>> = header.fields.iter().map(|f| Column::of(f)).collect();
    for column in [Column::Phn, Column::Given, Column::Middle, Column::Family, Column::Birth] {
        let times = columns.iter().filter(|known| **known == Some(column)).count();
        if times > 1 {
            return Err(Unreadable(format!(
                "Line {}: two columns have the same meaning ({column:?}).",
                header.line
            )));
        }
    }
    if !columns.contains(&Some(Column::Phn)) {
        return Err(Unreadable(format!(
            "Line {}: no column is called PHN. The first row names the columns: PHN, given, family, birth date.",
            header.line
        )));
    }
    let mut list =
        EmrList { numbering: Numbering::Lines, patients: Vec::new(), faults: Vec::new() };
    for row in rows {
        patient(&row?, &columns, &mut list);
    }
    Ok(list)
}

fn patient(row: &Row, columns: &[Option<Column>], list: &mut EmrList) {
    let line = row.line;
    if row.fields.len() > columns.len() {
        let why = "There are more fields than columns: is a field with a comma not quoted?";
        list.faults.push(EmrFault { line, why });
        return;
    }
    let field = |wanted: Column| {
        let place = columns.iter().position(|column| *column == Some(wanted))?;
        filled(row.fields.get(place)?)
    };
    let birth = field(Column::Birth);
    let birth_date = birth.and_then(date);
    if birth.is_some() && birth_date.is_none() {
        let why = "The birth date is none that can be read in one way only: write YYYY-MM-DD.";
        list.faults.push(EmrFault { line, why });
    }
    // All given names together, as messages have them.
    let given: Vec<&str> = [Column::Given, Column::Middle].into_iter().filter_map(field).collect();
    let given = if given.is_empty() { Vec::new() } else { vec![given.join(" ")] };
    let family = field(Column::Family).map(str::to_owned);
    let name = EmrName { family, given };
    let told = name.family.is_some() || !name.given.is_empty();
    list.patients.push(EmrPatient {
        line,
        phn: field(Column::Phn).unwrap_or_default().to_owned(),
        names: told.then_some(name).into_iter().collect(),
        birth_date,
    });
}

/// A date whose year, month and day cannot be taken for each other; a time of day behind it is passed over.
fn date(text: &str) -> Option<NaiveDate> {
    const FORMS: [&str; 7] =
        ["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%d-%b-%Y", "%d %b %Y", "%b %d, %Y"];
    let day = match text.split_once('T').or_else(|| text.split_once(' ')) {
        Some((day, _)) if day.len() == 10 => day,
        _ => text,
    };
    let read = FORMS.iter().find_map(|form| NaiveDate::parse_from_str(day, form).ok());
    read.filter(|date| (1850..=2200).contains(&date.year()))
}

/// What stands between fields: told by a first line `sep=;`, as spreadsheets write it, or what there is most of in the header.
fn delimiter(text: &str) -> (char, bool) {
    let first = text.lines().next().unwrap_or_default().trim_end();
    let told = first.strip_prefix("sep=").and_then(|rest| rest.chars().next());
    if let Some(told) = told {
        return (told, true);
    }
    let header = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let count = |delimiter: &char| header.chars().filter(|c| c == delimiter).count();
    let most = [';', '\t', ','].into_iter().max_by_key(count);
    (most.unwrap_or(','), false)
}

/// A row, and the line that it begins on.
struct Row {
    line: u32,
    fields: Vec<String>,
}

/// The rows of a table; empty ones are passed over.
struct Rows<'t> {
    rest: std::iter::Peekable<std::str::Chars<'t>>,
    delimiter: char,
    line: u32,
}

impl<'t> Rows<'t> {
    fn new(text: &'t str, delimiter: char) -> Self {
        Rows { rest: text.chars().peekable(), delimiter, line: 1 }
    }

    /// The next character; every way to end a line is one `\n`.
    fn take(&mut self) -> Option<char> {
        let mut next = self.rest.next()?;
        if next == '\r' {
            self.rest.next_if_eq(&'\n');
            next = '\n';
        }
        self.line += u32::from(next == '\n');
        Some(next)
    }

    /// The rest of a quoted field; a quote in it is written twice.
    fn quoted(&mut self, field: &mut String) -> Result<(), Unreadable> {
        let begun = self.line;
        while let Some(next) = self.take() {
            match next {
                '"' if self.rest.next_if_eq(&'"').is_some() => field.push('"'),
                '"' => return Ok(()),
                other => field.push(other),
            }
        }
        Err(Unreadable(format!("The quote on line {begun} is never closed.")))
    }

    fn row(&mut self) -> Result<Option<Row>, Unreadable> {
        let line = self.line;
        let (mut fields, mut field) = (Vec::new(), String::new());
        let mut ended = true;
        while let Some(next) = self.take() {
            ended = false;
            match next {
                '\n' => {
                    ended = true;
                    break;
                }
                '"' if field.trim().is_empty() => {
                    field.clear();
                    self.quoted(&mut field)?;
                }
                next if next == self.delimiter => fields.push(std::mem::take(&mut field)),
                next => field.push(next),
            }
        }
        if ended && fields.is_empty() && field.is_empty() && self.rest.peek().is_none() {
            return Ok(None);
        }
        fields.push(field);
        Ok(Some(Row { line, fields }))
    }
}

impl Iterator for Rows<'_> {
    type Item = Result<Row, Unreadable>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let row = self.row().transpose()?;
            let empty = |row: &Row| row.fields.iter().all(|field| field.trim().is_empty());
            if !row.as_ref().is_ok_and(empty) {
                return Some(row);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> EmrList {
        read_table(text.as_bytes()).unwrap_or_else(|why| panic!("{why}"))
    }

    fn why(text: &[u8]) -> String {
        read_table(text).unwrap_err().to_string()
    }

    fn marigold(line: u32) -> EmrPatient {
        let name =
            EmrName { family: Some("O'Example, Jr".into()), given: vec!["Mari Gold".into()] };
        EmrPatient {
            line,
            phn: "9876 500 011".into(),
            names: vec![name],
            birth_date: NaiveDate::from_ymd_opt(1984, 4, 12),
        }
    }

    #[test]
    fn odd_spellings_of_one_table_are_one_table() {
        for text in [
            "PHN,given,family,birth date\n9876 500 011,Mari Gold,\"O'Example, Jr\",1984-04-12\n",
            "\u{feff}phn;Given Names;Surname;D.O.B.\r\n9876 500 011;Mari Gold;O'Example, Jr;1984/04/12\r\n",
            "Last Name\tFIRST_NAME\tMiddle Name\tDate of Birth\tHealth Card Number\r O'Example, Jr \tMari\tGold\t12-Apr-1984\t9876 500 011",
            "chart,phn,first,last,born\n\"17\",\"9876 500 011\", \"Mari Gold\" ,\"O'Example, Jr\",19840412\n\n\n",
            "phn,given,family,birthdate,note\n9876 500 011,Mari Gold,\"O'Example, Jr\",1984-04-12T00:00:00\n",
        ] {
            let list = read(text);
            assert_eq!((list.patients, list.faults), (vec![marigold(2)], vec![]), "{text}");
        }
        let told = read(
            "sep=;\r\nphn;given;family;dob\r\n9876 500 011;Mari Gold;O'Example, Jr;1984-04-12",
        );
        assert_eq!(told.patients, [marigold(3)]);
    }

    #[test]
    fn lines_are_counted_as_an_editor_counts_them() {
        let text = "phn,note\r\n\r\n1,\"two\r\nlines \"\"quoted\"\"\"\r\n2,\r\n\r\n3\r\n";
        let lines: Vec<(u32, String)> =
            read(text).patients.into_iter().map(|one| (one.line, one.phn)).collect();
        assert_eq!(lines, [(3, "1".into()), (5, "2".into()), (7, "3".into())]);
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_line() {
        let list = read("phn,dob\n1,04/12/1984\n2,1984-13-01\n3,a,b\n4,\n");
        let lines: Vec<u32> = list.faults.iter().map(|fault| fault.line).collect();
        assert_eq!(lines, [2, 3, 4]);
        let read: Vec<&str> = list.patients.iter().map(|one| one.phn.as_str()).collect();
        assert_eq!(read, ["1", "2", "4"], "a birth date is no reason to lose somebody");
    }

    #[test]
    fn what_is_no_table_is_refused_with_its_line() {
        assert_eq!(why(b""), "The list is empty: its first row names the columns.");
        assert!(why(b"\n\nname,dob\n").starts_with("Line 3: no column is called PHN."));
        assert!(why(b"phn,First,given\n").contains("two columns"));
        assert_eq!(why(b"phn,family\n1,a\n2,\"b\n3,c\n"), "The quote on line 3 is never closed.");
        let latin = why(b"phn,family\n1,Zo\xEB\n");
        assert_eq!(latin, "Line 2 is not UTF-8. Save the list as CSV UTF-8.");
    }
}
