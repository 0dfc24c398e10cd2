//! Exports in the forms that their programs write, and in forms that nobody should write (RC-19).

use parlor_dialect::import::{
    Collection, Format, ImportError, Message, Messages, Pseudonyms, Skips,
};

fn read(text: &str) -> (Vec<Message>, Skips, Format) {
    let mut messages = Messages::open(text.as_bytes(), None, "Me").unwrap();
    let format = messages.format();
    let read = (&mut messages).map(Result::unwrap).collect();
    (read, messages.skips(), format)
}

/// `name: text` of each message.
fn said(text: &str) -> Vec<String> {
    let lines = read(text).0.into_iter();
    lines
        .map(|message| format!("{}: {}", message.from, message.text))
        .collect()
}

fn fault(bytes: &[u8]) -> String {
    let messages = match Messages::open(bytes, None, "Me") {
        Ok(messages) => messages,
        Err(error) => return error.to_string(),
    };
    let error = messages.filter_map(Result::err).next();
    error.map_or_else(String::new, |error: ImportError| error.to_string())
}

const SMS: &str = r#"<?xml version='1.0' encoding='UTF-8' standalone='yes' ?>
<!--File Created By SMS Backup & Restore-->
<?xml-stylesheet type="text/xsl" href="sms.xsl"?>
<smses count="6" backup_set="x">
  <sms protocol="0" address="+15550100" date="1704063540000" type="1" subject="null" body="Who ate my sandwich?&#10;It was &quot;special&quot; &#55357;&#56832;" contact_name="Ross" />
  <sms protocol="0" address="+15550100" date="1704063600000" type="2" body="Not me" contact_name="Ross" />
  <sms protocol="0" address="+15550101" date="1704063600000" type="3" body="a draft" contact_name="(Unknown)" />
  <sms protocol="0" address="+15550101" date="1704063660000" type="1" body="hi" contact_name="(Unknown)" />
  <mms date="1704063720000" msg_box="1" address="+15550100" contact_name="Ross">
    <parts>
      <part seq="-1" ct="application/smil" text="&lt;smil/&gt;" />
      <part seq="0" ct="image/jpeg" text="null" data="aGVsbG8=" />
      <part seq="0" ct="text/plain" text="look at this" />
    </parts>
    <addrs><addr address="+15550100" type="137" charset="106" /></addrs>
  </mms>
  <mms date="1704063780000" msg_box="2" address="+15550100~+15550101" contact_name="Ross, x">
    <parts><part seq="0" ct="text/plain" text="to you all" /></parts>
  </mms>
  <mms date="1704063790000" msg_box="1" address="+15550100~+15550101" contact_name="Ross, x">
    <parts><part seq="0" ct="text/plain" text="yes" /></parts>
    <addrs><addr address="+15550100" type="137" /><addr address="+15550101" type="151" /></addrs>
  </mms>
</smses>"#;

#[test]
fn sms_backups_are_read_rc19() {
    let (messages, skips, format) = read(SMS);
    assert_eq!(format, Format::Sms);
    let lines: Vec<_> = messages
        .iter()
        .map(|m| (m.thread, m.from.as_str(), m.text.as_str()))
        .collect();
    assert_eq!(
        lines,
        [
            (0, "Ross", "Who ate my sandwich? It was \"special\" 😀"),
            (0, "Me", "Not me"),
            (1, "+15550101", "hi"),
            (0, "Ross", "look at this"),
            (2, "Me", "to you all"),
            (2, "Ross", "yes"),
        ]
    );
    assert_eq!(skips.system, 1, "the draft");
    assert_eq!(messages[0].at.unwrap().to_string(), "2023-12-31 22:59:00");
}

#[test]
fn whatsapp_chats_of_android_are_read_rc19() {
    let chat = "\u{feff}12/31/23, 11:58\u{202f}PM - Messages and calls are end-to-end encrypted.\n\
        12/31/23, 11:59\u{202f}PM - Ann Lee: Happy new year\nto all of you!\n\
        1/1/24, 12:00\u{202f}AM - Ben: <Media omitted>\n\
        1/1/24, 12:01\u{202f}AM - Ben: IMG-1.jpg (file attached)\n\
        1/1/24, 12:02\u{202f}AM - Ben: This message was deleted\n\
        1/1/24, 12:03\u{202f}AM - Ben: note: it's late <This message was edited>\n\
        1/13/24, 1:00\u{202f}PM - Ann Lee changed the subject\n";
    let (messages, skips, format) = read(chat);
    assert_eq!(format, Format::WhatsApp);
    assert_eq!(
        said(chat),
        [
            "Ann Lee: Happy new year to all of you!",
            "Ben: note: it's late"
        ]
    );
    assert_eq!((skips.system, skips.media), (2, 3));
    assert_eq!(messages[0].at.unwrap().to_string(), "2023-12-31 23:59:00");
    assert_eq!(messages[1].at.unwrap().to_string(), "2024-01-01 00:03:00");
}

#[test]
fn whatsapp_chats_of_ios_are_read_rc19() {
    let chat = "[31/12/2023, 23:59:58] Family: \u{200e}Messages and calls are end-to-end encrypted.\r\n\
        [31/12/2023, 23:59:58] ~\u{202f}Ann: Frohes neues Jahr\r\n\
        \u{200e}[01/01/2024, 00:00:01] Ben: \u{200e}image omitted\r\n\
        [01/01/2024, 00:00:02] \u{202a}+49 170 1234567\u{202c}: wer bist du?\r\n\
        [01/01/2024, 00:00:03] Ben: ja \u{200e}<Diese Nachricht wurde bearbeitet>\r\n";
    assert_eq!(
        said(chat),
        [
            "Ann: Frohes neues Jahr",
            "+49 170 1234567: wer bist du?",
            "Ben: ja"
        ]
    );
    assert_eq!(
        read(chat).0[0].at.unwrap().to_string(),
        "2023-12-31 23:59:58"
    );
}

#[test]
fn whatsapp_dates_are_understood_from_the_data_rc19() {
    let day_first =
        "03.02.23, 10:00 - Ann: a\n04.02.23, 10:00 - Ben: b\n05.02.23, 10:00 - Ann: c\n";
    assert_eq!(
        read(day_first).0[0].at.unwrap().to_string(),
        "2023-02-03 10:00:00"
    );
    let month_first = "03/02/23, 10:00 - Ann: a\n03/14/23, 10:00 - Ben: b\n";
    assert_eq!(
        read(month_first).0[0].at.unwrap().to_string(),
        "2023-03-02 10:00:00"
    );
}

#[test]
fn telegram_chats_are_read_rc19() {
    let chat = r#"{
 "name": "Ann", "type": "personal_chat", "id": 1,
 "messages": [
  {"id": 1, "type": "service", "date": "2024-01-01T10:00:00", "actor": "Ann", "action": "phone_call", "text": ""},
  {"id": 2, "type": "message", "date": "2024-01-01T10:00:01", "date_unixtime": "1704103201", "from": "Ann", "from_id": "user1", "text": "hello {\"} ]", "text_entities": [{"type": "plain", "text": "hello"}]},
  {"id": 3, "type": "message", "date": "2024-01-01T10:00:02", "from": "Ben", "from_id": "user2", "text": ["see ", {"type": "link", "text": "example.com"}, " and\n", {"type": "bold", "text": "more"}]},
  {"id": 4, "type": "message", "date": "2024-01-01T10:00:03", "from": null, "from_id": "user3", "text": "gone"},
  {"id": 5, "type": "message", "date": "2024-01-01T10:00:04", "from": "Ben", "photo": "x.jpg", "text": ""},
  {"id": 6, "type": 7, "text": {"a": [1, null, true, -1.5e3]}},
  {"broken": tru}
 ]
}"#;
    let (messages, skips, format) = read(chat);
    assert_eq!(format, Format::Telegram);
    assert_eq!(
        said(chat),
        [
            "Ann: hello {\"} ]",
            "Ben: see example.com and more",
            "user3: gone"
        ]
    );
    assert_eq!((skips.system, skips.media, skips.malformed), (2, 1, 1));
    assert_eq!(skips.malformed_line, Some(10));
    assert_eq!(messages[0].at.unwrap().to_string(), "2024-01-01 10:00:01");
}

#[test]
fn a_whole_telegram_account_keeps_its_chats_apart_rc19() {
    let all = r#"{"about": "x", "contacts": {"list": [{"first_name": "A"}]}, "chats": {"about": "y", "list": [
        {"name": "Ann", "type": "personal_chat", "id": 1, "messages": [{"type": "message", "from": "Ann", "text": "a"}]},
        {"name": "Ben", "type": "personal_chat", "id": 2, "messages": [{"type": "message", "from": "Ben", "text": "b"}]}
    ]}}"#;
    let threads: Vec<u32> = read(all).0.iter().map(|message| message.thread).collect();
    assert_eq!(threads, [0, 1]);
}

#[test]
fn plain_lines_are_read_rc19() {
    let plain = "Ann: hello\nBen: hello, Ann\n  how are you?\n\n小明：你好\nAnn: hm\n";
    let (messages, _, format) = read(plain);
    assert_eq!(format, Format::Plain);
    assert_eq!(
        said(plain),
        [
            "Ann: hello",
            "Ben: hello, Ann how are you?",
            "小明: 你好",
            "Ann: hm"
        ]
    );
    assert_eq!(
        messages.iter().map(|m| m.thread).collect::<Vec<_>>(),
        [0, 0, 1, 1]
    );
}

#[test]
fn what_is_no_export_is_refused_in_words() {
    for (bytes, part) in [
        (&b"PK\x03\x04rest"[..], "unpack it"),
        (b"\xff\xfeA\0", "UTF-16"),
        (b"", "no known export"),
        (
            b"Once upon a time there was a chat. It had no form.",
            "no known export",
        ),
        (
            b"<?xml version='1.0'?>\n<smses>\n<sms type='1' body='x'",
            "line 3",
        ),
        (b"<smses><sms type='1' body='x' address='1'/>", "broken off"),
        (
            b"{\"messages\": [\n{\"type\": \"message\", \"text\": \"x",
            "line 2",
        ),
        (
            b"{\"messages\": [\n{\"type\": \"message\", \"text\": \"x\"},\n",
            "broken off",
        ),
        (b"{\"messages\": []}\n{}", "line 2: there is more"),
        (b"{\"messages\": [}", "closes nothing"),
    ] {
        let fault = fault(bytes);
        assert!(fault.contains(part), "{part}: {fault}");
    }
}

#[test]
fn entities_are_never_expanded() {
    let bomb = "<?xml version='1.0'?><!DOCTYPE smses [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;'>]>\
        <smses><sms type='1' address='1' date='0' body='&b;&b;&b;' contact_name='Ann'/></smses>";
    assert_eq!(said(bomb), ["Ann: &b;&b;&b;"]);
    let deep = format!("<smses>{}", "<a>".repeat(1_000));
    assert!(fault(deep.as_bytes()).contains("deep"));
    let nested = format!("{{\"messages\": 1, \"x\": {}", "[".repeat(1_000));
    assert!(fault(nested.as_bytes()).contains("deep"));
}

#[test]
fn endless_lines_and_texts_are_cut() {
    let long = "x".repeat(3 << 20);
    for export in [
        format!("Ann: hello\nBen: {long}\nAnn: hm\n"),
        format!(
            "1/1/24, 10:00 - Ann: hello\n1/1/24, 10:00 - Ben: {long}\n1/1/24, 10:00 - Ann: hm\n"
        ),
        format!("<smses><sms type='1' address='1' body='{long}'/></smses>"),
        format!(
            "{{\"messages\": [{{\"type\": \"message\", \"text\": \"{long}\"}}, {{\"type\": \"message\", \"text\": \"hm\"}}]}}"
        ),
    ] {
        let (messages, skips, format) = read(&export);
        assert!(skips.cut > 0, "{format}");
        assert!(
            messages.iter().all(|message| message.text.len() <= 8 << 10),
            "{format}"
        );
    }
}

#[test]
fn what_is_not_utf8_is_marked_or_passed_over() {
    let chat = b"1/1/24, 10:00 - Ann: caf\xe9 au lait\n";
    let message = Messages::open(&chat[..], None, "Me")
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    assert_eq!(message.text, "caf\u{fffd} au lait");
    let xml = b"<smses><sms type='1' address='1' body='\xff'/><sms type='1' address='1' body='x'/></smses>";
    let messages = Messages::open(&xml[..], None, "Me").unwrap();
    let texts: Vec<_> = messages.map(|message| message.unwrap().text).collect();
    assert_eq!(texts, ["\u{fffd}", "x"]);
}

fn collection(text: &str) -> Collection {
    let mut collection = Collection::default();
    let mut messages = Messages::open(text.as_bytes(), None, "Me").unwrap();
    for message in &mut messages {
        collection.add(&message.unwrap()).unwrap();
    }
    collection.end_file(&messages.skips());
    collection
}

fn written(collection: &Collection, bytes_max: usize) -> String {
    let mut out = Vec::new();
    collection.write_plain(&mut out, bytes_max).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn what_an_import_writes_is_read_again() {
    let mut collection = collection(SMS);
    collection.sort();
    let text = written(&collection, 1 << 20);
    assert_eq!(
        text,
        "Ross: Who ate my sandwich? It was \"special\" 😀\nMe: Not me\nRoss: look at this\n\n\
         +15550101: hi\n\nMe: to you all\nRoss: yes\n"
    );
    assert_eq!(read(&text).0.len(), 6);
}

#[test]
fn what_does_not_fit_is_the_oldest() {
    let mut collection = collection(SMS);
    collection.sort();
    assert_eq!(written(&collection, 30), "Me: to you all\nRoss: yes\n");
    assert_eq!(written(&collection, 3), "");
}

#[test]
fn one_persons_lines_keep_what_they_answer() {
    let mut collection =
        collection("Ann: one\nBen: two\nBen: three\nAnn: four\nBen: five\nCid: six\n");
    collection.keep_only("Ann");
    let kept: Vec<_> = collection.iter().map(|(_, text)| text).collect();
    assert_eq!(kept, ["one", "three", "four"]);
}

#[test]
fn names_and_addresses_can_be_taken_out() {
    let chat = "Ann Lee: Ben, call me: +49 170 1234567\nBen: ok ann, or ann.lee@example.com?\nAnn Lee: 4711\n";
    let collection = collection(chat);
    let pseudonyms = Pseudonyms::new(collection.people().iter().map(|p| p.name.as_str()), "Me");
    let text = written(
        &collection.concealed(Some(&pseudonyms), true).unwrap(),
        1 << 20,
    );
    for private in ["Ann", "ann", "Lee", "Ben", "170", "4711", "example"] {
        assert!(!text.contains(private), "{private}: {text}");
    }
    assert_eq!(text.lines().count(), 2, "{text}");
}
