//! Workbooks as spreadsheets write them: `karat read`.

use std::io::Write as _;

use super::read::{read_with, refused};

const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";

/// A sheet of a header (inline texts) and rows of cells as written.
fn sheet(header: &[&str], rows: &str) -> String {
    let cells: String = header
        .iter()
        .zip('A'..)
        .map(|(text, column)| {
            format!(r#"<c r="{column}1" t="inlineStr"><is><t>{text}</t></is></c>"#)
        })
        .collect();
    format!(
        r#"<?xml version="1.0"?><worksheet xmlns="{MAIN}"><sheetData><row r="1">{cells}</row>{rows}</sheetData></worksheet>"#
    )
}

#[test]
fn a_workbook_gives_text_dates_and_whole_numbers() {
    let sheet = sheet(
        &["Email", "Zip", "Created", "Number"],
        r#"<row r="3"><c r="A3" t="inlineStr"><is><t>a@x.com</t></is></c><c r="B3" t="inlineStr"><is><t>02134</t></is></c><c r="C3" s="1"><v>45363</v></c><c r="D3"><v>12345678901</v></c></row>"#,
    );
    let bytes = workbook(&sheet, &[]);
    let read1 = read_with("in.xlsx", &bytes, &[]);
    assert_eq!(
        read1.rows,
        [["a@x.com", "02134", "2024-03-12", "12345678901"]]
    );
    assert_eq!(read1.lines, [3]);
    assert_eq!(read1.file["sheet"], "People");
    let message = refused("in.xlsx", &bytes, &["--sheet", "Peeple"]);
    assert!(message.contains("did you mean \"People\""), "{message}");
    assert!(refused("cut.xlsx", &bytes[..bytes.len() / 2], &[]).contains("workbook"));
}

/// What a person sees in the cell is the value: a number has no leading zeros, its
/// format may have them. An id's digits are all there, whatever the format shows.
#[test]
fn a_number_keeps_the_digits_that_its_format_asks_for() {
    let sheet = sheet(
        &["Email", "Zip", "Zip 4", "Contact ID", "Score", "Created"],
        r#"<row r="2"><c r="A2" t="inlineStr"><is><t>a@x.com</t></is></c><c r="B2" s="2"><v>2134</v></c><c r="C2" s="3"><v>21341234</v></c><c r="D2" s="4"><v>1.23456789012E+11</v></c><c r="E2" s="5"><v>3.50</v></c><c r="F2" s="1"><v>45363</v></c></row>
<row r="3"><c r="A3" t="inlineStr"><is><t>b@x.com</t></is></c><c r="B3" s="2"><v>94103</v></c><c r="C3" s="3"><v>2134</v></c><c r="D3"><v>12300000000</v></c><c r="E3" s="5"><v>1000</v></c><c r="F3" s="1"><v>45363.5</v></c></row>"#,
    );
    let codes = [
        "00000",
        "[&lt;=99999]00000;00000\\-0000",
        "0.00E+00",
        "#,##0.00",
    ];
    let read = read_with("in.xlsx", &workbook(&sheet, &codes), &[]);
    assert_eq!(
        read.rows,
        [
            [
                "a@x.com",
                "02134",
                "02134-1234",
                "123456789012",
                "3.5",
                "2024-03-12"
            ],
            [
                "b@x.com",
                "94103",
                "02134",
                "12300000000",
                "1000",
                "2024-03-12 12:00:00"
            ],
        ]
    );
}

/// Programs that write formulas without computing them leave no value in the file.
#[test]
fn a_formula_without_a_stored_value_is_told_with_its_cell() {
    let sheet = sheet(
        &["Email", "First Name", "Company"],
        r#"<row r="2"><c r="A2" t="inlineStr"><is><t>a@x.com</t></is></c><c r="B2"><f>PROPER("ann")</f><v></v></c><c r="C2" t="str"><f>"Ac"&amp;"me"</f><v>Acme</v></c></row>
<row r="3"><c r="A3" t="inlineStr"><is><t>b@x.com</t></is></c><c r="B3"><f t="shared" ref="B3:B4" si="0">PROPER("bob")</f></c><c r="C3" s="1"/></row>
<row r="4"><c r="A4" t="inlineStr"><is><t>c@x.com</t></is></c><c r="B4"><f t="shared" si="0"/></c><c r="C4" t="str"><f>""</f><v></v></c></row>"#,
    );
    let bytes = workbook(&sheet, &[]);
    let read = read_with("in.xlsx", &bytes, &[]);
    assert_eq!(
        read.rows,
        [
            ["a@x.com", "", "Acme"],
            ["b@x.com", "", ""],
            ["c@x.com", "", ""],
        ]
    );
    assert_eq!(read.codes, ["formula_without_value"; 3]);
    let told = read.messages.join("\n");
    for cell in ["the cell B2 of the sheet 'People'", "cell B3", "cell B4"] {
        assert!(told.contains(cell), "{told}");
    }
}

/// Past fifteen digits a spreadsheet writes zeros.
#[test]
fn an_id_of_too_many_digits_is_told_with_its_cell() {
    let sheet = sheet(
        &["Email", "Contact ID"],
        r#"<row r="2"><c r="A2" t="inlineStr"><is><t>a@x.com</t></is></c><c r="B2"><v>123456789012345</v></c></row>
<row r="3"><c r="A3" t="inlineStr"><is><t>b@x.com</t></is></c><c r="B3"><v>1.23456789012345E+18</v></c></row>"#,
    );
    let read = read_with("in.xlsx", &workbook(&sheet, &[]), &[]);
    assert_eq!(read.rows[0][1], "123456789012345");
    assert_eq!(read.rows[1][1], "1234567890123450000");
    assert_eq!(read.codes, ["digits_lost_in_spreadsheet"]);
    assert!(
        read.messages[0].starts_with("the cell B3 of the sheet 'People'"),
        "{:?}",
        read.messages
    );
}

/// A ZIP that makes a workbook of one sheet; `codes` are number formats, for the cells
/// of style 2 and up (style 1 is a date).
pub(crate) fn workbook(sheet: &str, codes: &[&str]) -> Vec<u8> {
    let head = r#"<?xml version="1.0"?>"#;
    let rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006";
    let formats: String = (164..)
        .zip(codes)
        .map(|(id, code)| format!(r#"<numFmt numFmtId="{id}" formatCode="{code}"/>"#))
        .collect();
    let uses: String = (164..)
        .zip(codes)
        .map(|(id, _)| format!(r#"<xf numFmtId="{id}"/>"#))
        .collect();
    let entries = [
        (
            "[Content_Types].xml",
            format!(r#"{head}<Types xmlns="{package}/content-types"/>"#),
        ),
        (
            "_rels/.rels",
            format!(
                r#"{head}<Relationships xmlns="{package}/relationships"><Relationship Id="r1" Type="{rel}/officeDocument" Target="xl/workbook.xml"/></Relationships>"#
            ),
        ),
        (
            "xl/workbook.xml",
            format!(
                r#"{head}<workbook xmlns="{MAIN}" xmlns:r="{rel}"><sheets><sheet name="People" sheetId="1" r:id="r1"/></sheets></workbook>"#
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                r#"{head}<Relationships xmlns="{package}/relationships"><Relationship Id="r1" Type="{rel}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="{rel}/styles" Target="styles.xml"/></Relationships>"#
            ),
        ),
        (
            "xl/styles.xml",
            format!(
                r#"{head}<styleSheet xmlns="{MAIN}"><numFmts>{formats}</numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/>{uses}</cellXfs></styleSheet>"#
            ),
        ),
        ("xl/worksheets/sheet1.xml", sheet.to_owned()),
    ];
    zip(&entries)
}

/// A ZIP with every entry deflated. Format: APPNOTE.TXT of PKWARE, 4.3.
fn zip(entries: &[(&str, String)]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut directory = Vec::new();
    for (name, text) in entries {
        let mut crc = flate2::Crc::new();
        crc.update(text.as_bytes());
        let level = flate2::Compression::best();
        let mut packer = flate2::write::DeflateEncoder::new(Vec::new(), level);
        packer.write_all(text.as_bytes()).unwrap();
        let packed = packer.finish().unwrap();
        let offset = out.len() as u32;
        let mut common = Vec::new();
        for part in [20_u16, 0, 8, 0, 0] {
            common.extend(part.to_le_bytes());
        }
        for part in [crc.sum(), packed.len() as u32, text.len() as u32] {
            common.extend(part.to_le_bytes());
        }
        common.extend((name.len() as u16).to_le_bytes());
        common.extend(0_u16.to_le_bytes());
        out.extend(b"PK\x03\x04");
        out.extend(&common);
        out.extend(name.as_bytes());
        out.extend(&packed);
        directory.extend(b"PK\x01\x02");
        directory.extend(20_u16.to_le_bytes());
        directory.extend(&common);
        directory.extend([0; 10]);
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let start = out.len() as u32;
    out.extend(&directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend((entries.len() as u16).to_le_bytes());
    out.extend((entries.len() as u16).to_le_bytes());
    out.extend((directory.len() as u32).to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend([0, 0]);
    out
}
