//! Mapping: made-up exports of each system and language, as the reader gives them.

use karat::contact::{EventKind, FailureKind, Table, Text};
use karat::map::{Mapped, map};
use karat::plan::{Bounds, GatePlan, MatchPlan, OutputPlan, Plan, SourcePlan};
use karat::read::{FileRead, SourceRead, Torn};
use karat::rulebook::Rulebook;

fn file(path: &str) -> FileRead {
    FileRead {
        path: path.to_owned(),
        ..FileRead::default()
    }
}

/// A source as read: a header line and records, cells separated by `|`.
fn read(name: &str, path: &str, text: &str) -> SourceRead {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let headers: Vec<String> = lines
        .next()
        .unwrap_or_default()
        .split('|')
        .map(|h| h.trim().to_owned())
        .collect();
    let rows: Vec<Vec<&str>> = lines
        .map(|line| {
            line.split('|')
                .map(|cell| cell.trim_matches(['\u{20}']))
                .collect()
        })
        .collect();
    let mut table = Table::new(rows.len());
    for (at, header) in headers.iter().enumerate() {
        let column: Text = rows.iter().map(|row| row.get(at).copied()).collect();
        table.set(header, column);
    }
    SourceRead {
        name: name.to_owned(),
        files: vec![file(path)],
        headers,
        at: (0..rows.len())
            .map(|row| (0, u32::try_from(row).unwrap_or(0) + 2))
            .collect(),
        table,
        ..SourceRead::default()
    }
}

pub fn plan(sources: Vec<SourcePlan>) -> Plan {
    Plan {
        name: "test".into(),
        base: ".".into(),
        country: None,
        timezone: None,
        run_date: "2026-01-01".into(),
        rules: Vec::new(),
        decisions: None,
        sources,
        matching: MatchPlan::default(),
        merge: Vec::new(),
        gate: GatePlan::default(),
        output: OutputPlan {
            dir: "out".into(),
            csv: true,
            parquet: false,
            guard_formulas: true,
            evidence: true,
            report: true,
        },
        bounds: Bounds::default(),
        threads: None,
    }
}

fn mapped(source: SourceRead) -> Mapped {
    map(
        vec![source],
        &plan(Vec::new()),
        &Rulebook::builtin(),
        &karat::watch::Silent,
    )
    .expect("maps")
}

/// The system, the id header and `header=column` of the only source.
fn columns(mapped: &Mapped) -> String {
    let source = &mapped.records.sources[0];
    let pairs: Vec<String> = source
        .headers
        .iter()
        .zip(&source.columns)
        .map(|(header, column)| format!("{header}={column}"))
        .collect();
    format!(
        "{}: {}",
        source.system.as_deref().unwrap_or("no system"),
        pairs.join(" · ")
    )
}

fn of_headers(headers: &str) -> String {
    columns(&mapped(read("s", "s.csv", headers)))
}

/// The cells of one column, missing ones as `-`.
fn cells(mapped: &Mapped, column: &str) -> Vec<String> {
    let table = &mapped.records.table;
    (0..mapped.records.rows())
        .map(|row| table.get(column, row).unwrap_or("-").to_owned())
        .collect()
}

fn ids(mapped: &Mapped) -> Vec<&str> {
    (0..mapped.records.rows())
        .map(|row| mapped.records.id(row))
        .collect()
}

fn codes(mapped: &Mapped) -> Vec<&str> {
    mapped.diagnostics.iter().map(|d| d.code).collect()
}

fn source_plan(name: &str) -> SourcePlan {
    SourcePlan {
        name: name.into(),
        trust: 0.5,
        ..SourcePlan::default()
    }
}

mod systems {
    use super::*;

    #[test]
    fn salesforce_contacts_from_the_data_loader() {
        let got = of_headers(
            "Id|AccountId|Account.Name|Salutation|FirstName|LastName|Title|Email|Phone|MobilePhone|HomePhone|MailingStreet|MailingState|MailingStateCode|MailingPostalCode|Contact_Status__c|HasOptedOutOfEmail|DoNotCall|Birthdate|OwnerId|Owner.Name|SystemModstamp",
        );
        insta::assert_snapshot!(got, @"salesforce_contacts: Id=record_id · AccountId=s:AccountId · Account.Name=company · Salutation=prefix · FirstName=given_name · LastName=family_name · Title=job_title · Email=email · Phone=phone · MobilePhone=mobile · HomePhone=other_phones · MailingStreet=street · MailingState=region · MailingStateCode=s:MailingStateCode · MailingPostalCode=postcode · Contact_Status__c=lead_status · HasOptedOutOfEmail=email_opt_out · DoNotCall=phone_opt_out · Birthdate=birth_date · OwnerId=s:OwnerId · Owner.Name=owner · SystemModstamp=updated_at");
    }

    #[test]
    fn salesforce_contacts_in_capitals() {
        let got = of_headers(
            "ID|ACCOUNTID|SALUTATION|FIRSTNAME|LASTNAME|MAILINGSTREET|MAILINGCITY|HASOPTEDOUTOFEMAIL|LASTMODIFIEDDATE|STATUS",
        );
        insta::assert_snapshot!(got, @"salesforce_contacts: ID=record_id · ACCOUNTID=s:ACCOUNTID · SALUTATION=prefix · FIRSTNAME=given_name · LASTNAME=family_name · MAILINGSTREET=street · MAILINGCITY=city · HASOPTEDOUTOFEMAIL=email_opt_out · LASTMODIFIEDDATE=updated_at · STATUS=s:STATUS");
    }

    #[test]
    fn salesforce_contacts_report() {
        let got = of_headers(
            "Contact ID|Account ID|Salutation|First Name|Last Name|Title|Account Name|Email|Phone|Mobile|Fax|Mailing Street|Mailing City|Mailing State/Province|Mailing Zip/Postal Code|Mailing Country|Lead Source|Contact Owner|Email Opt Out|Description",
        );
        insta::assert_snapshot!(got, @"salesforce_contacts: Contact ID=record_id · Account ID=s:Account ID · Salutation=prefix · First Name=given_name · Last Name=family_name · Title=job_title · Account Name=company · Email=email · Phone=phone · Mobile=mobile · Fax=fax · Mailing Street=street · Mailing City=city · Mailing State/Province=region · Mailing Zip/Postal Code=postcode · Mailing Country=country · Lead Source=lead_source · Contact Owner=owner · Email Opt Out=email_opt_out · Description=notes");
    }

    #[test]
    fn salesforce_leads_report() {
        let got = of_headers(
            "Lead ID|Lead Owner|First Name|Last Name|Title|Company / Account|Street|City|State/Province|Zip/Postal Code|Country|Email|Phone|Lead Source|Lead Status|Rating|Create Date|Last Activity Date",
        );
        insta::assert_snapshot!(got, @"salesforce_leads: Lead ID=record_id · Lead Owner=owner · First Name=given_name · Last Name=family_name · Title=job_title · Company / Account=company · Street=street · City=city · State/Province=region · Zip/Postal Code=postcode · Country=country · Email=email · Phone=phone · Lead Source=lead_source · Lead Status=lead_status · Rating=s:Rating · Create Date=created_at · Last Activity Date=last_activity_at");
    }

    #[test]
    fn salesforce_leads_api() {
        let got = of_headers(
            "Id|IsDeleted|MasterRecordId|LastName|FirstName|Name|Title|Company|Street|State|PostalCode|Phone|MobilePhone|Email|LeadSource|Status|OwnerId|HasOptedOutOfEmail|IsConverted|ConvertedContactId|CreatedDate",
        );
        insta::assert_snapshot!(got, @"salesforce_leads: Id=record_id · IsDeleted=s:IsDeleted · MasterRecordId=merged_ids · LastName=family_name · FirstName=given_name · Name=full_name · Title=job_title · Company=company · Street=street · State=region · PostalCode=postcode · Phone=phone · MobilePhone=mobile · Email=email · LeadSource=lead_source · Status=lead_status · OwnerId=owner · HasOptedOutOfEmail=email_opt_out · IsConverted=s:IsConverted · ConvertedContactId=s:ConvertedContactId · CreatedDate=created_at");
    }

    #[test]
    fn hubspot_labels() {
        let got = of_headers(
            "Record ID - Contact|First Name|Last Name|Email|Additional email addresses|Phone Number|Mobile Phone Number|Job Title|Company Name|Associated Company|State/Region|Country/Region|Lifecycle Stage|Lead Status|Contact owner|Marketing contact status|Unsubscribed from all email|Merged Contact IDs|Last Modified Date",
        );
        insta::assert_snapshot!(got, @"hubspot: Record ID - Contact=record_id · First Name=given_name · Last Name=family_name · Email=email · Additional email addresses=other_emails · Phone Number=phone · Mobile Phone Number=mobile · Job Title=job_title · Company Name=company · Associated Company=s:Associated Company · State/Region=region · Country/Region=country · Lifecycle Stage=lifecycle_stage · Lead Status=lead_status · Contact owner=owner · Marketing contact status=s:Marketing contact status · Unsubscribed from all email=email_opt_out · Merged Contact IDs=merged_ids · Last Modified Date=updated_at");
    }

    #[test]
    fn hubspot_internal_names() {
        let got = of_headers(
            "hs_object_id|firstname|lastname|email|hs_additional_emails|phone|mobilephone|jobtitle|company|address|city|state|zip|country|lifecyclestage|hs_lead_status|hubspot_owner_id|hs_email_optout|hs_merged_object_ids|createdate|lastmodifieddate",
        );
        insta::assert_snapshot!(got, @"hubspot: hs_object_id=record_id · firstname=given_name · lastname=family_name · email=email · hs_additional_emails=other_emails · phone=phone · mobilephone=mobile · jobtitle=job_title · company=company · address=street · city=city · state=region · zip=postcode · country=country · lifecyclestage=lifecycle_stage · hs_lead_status=lead_status · hubspot_owner_id=owner · hs_email_optout=email_opt_out · hs_merged_object_ids=merged_ids · createdate=created_at · lastmodifieddate=updated_at");
    }

    #[test]
    fn mailchimp_in_italian() {
        let got = of_headers(
            "Indirizzo email|First Name|MEMBER_RATING|OPTIN_TIME|CC|LAST_CHANGED|LEID|EUID|TAGS",
        );
        insta::assert_snapshot!(got, @"mailchimp: Indirizzo email=s:Indirizzo email · First Name=given_name · MEMBER_RATING=s:MEMBER_RATING · OPTIN_TIME=created_at · CC=s:CC · LAST_CHANGED=updated_at · LEID=record_id · EUID=s:EUID · TAGS=tags");
    }

    #[test]
    fn google_contacts_old() {
        let got = of_headers(
            "Name|Given Name|Family Name|Group Membership|E-mail 1 - Type|E-mail 1 - Value|E-mail 2 - Value|Phone 1 - Type|Phone 1 - Value|Phone 2 - Value|Organization 1 - Name|Organization 1 - Title|Address 1 - Formatted|Address 1 - Street|Address 1 - City|Website 1 - Value|Custom Field 1 - Value",
        );
        insta::assert_snapshot!(got, @"google_contacts: Name=full_name · Given Name=given_name · Family Name=family_name · Group Membership=tags · E-mail 1 - Type=s:E-mail 1 - Type · E-mail 1 - Value=email · E-mail 2 - Value=other_emails · Phone 1 - Type=s:Phone 1 - Type · Phone 1 - Value=phone · Phone 2 - Value=other_phones · Organization 1 - Name=company · Organization 1 - Title=job_title · Address 1 - Formatted=s:Address 1 - Formatted · Address 1 - Street=street · Address 1 - City=city · Website 1 - Value=website · Custom Field 1 - Value=s:Custom Field 1 - Value");
    }

    #[test]
    fn google_contacts_new() {
        let got = of_headers(
            "First Name|Phonetic First Name|Last Name|File As|Organization Name|Organization Title|Birthday|Notes|Labels|E-mail 1 - Label|E-mail 1 - Value|Phone 1 - Label|Phone 1 - Value|Address 1 - Country",
        );
        insta::assert_snapshot!(got, @"google_contacts: First Name=given_name · Phonetic First Name=s:Phonetic First Name · Last Name=family_name · File As=s:File As · Organization Name=company · Organization Title=job_title · Birthday=birth_date · Notes=notes · Labels=tags · E-mail 1 - Label=s:E-mail 1 - Label · E-mail 1 - Value=email · Phone 1 - Label=s:Phone 1 - Label · Phone 1 - Value=phone · Address 1 - Country=country");
    }

    #[test]
    fn outlook_english() {
        let got = of_headers(
            "Title|First Name|Last Name|Suffix|Company|Department|Job Title|Business Street|Business City|Business Postal Code|Business Country/Region|Home Street|Business Phone|Business Phone 2|Home Phone|Mobile Phone|Birthday|Categories|E-mail Address|E-mail Type|E-mail 2 Address|Gender|Notes|Web Page",
        );
        insta::assert_snapshot!(got, @"outlook: Title=prefix · First Name=given_name · Last Name=family_name · Suffix=suffix · Company=company · Department=department · Job Title=job_title · Business Street=street · Business City=city · Business Postal Code=postcode · Business Country/Region=country · Home Street=s:Home Street · Business Phone=phone · Business Phone 2=other_phones · Home Phone=other_phones · Mobile Phone=mobile · Birthday=birth_date · Categories=tags · E-mail Address=email · E-mail Type=s:E-mail Type · E-mail 2 Address=other_emails · Gender=gender · Notes=notes · Web Page=website");
    }

    #[test]
    fn outlook_german() {
        let got = of_headers(
            "Anrede|Vorname|Weitere Vornamen|Nachname|Suffix|Firma|Abteilung|Position|Straße geschäftlich|Ort geschäftlich|Postleitzahl geschäftlich|Land/Region geschäftlich|Telefon geschäftlich|Mobiltelefon|E-Mail-Adresse|E-Mail 2: Adresse|Geburtstag|Notizen|Webseite",
        );
        insta::assert_snapshot!(got, @"outlook: Anrede=prefix · Vorname=given_name · Weitere Vornamen=middle_name · Nachname=family_name · Suffix=suffix · Firma=company · Abteilung=department · Position=job_title · Straße geschäftlich=street · Ort geschäftlich=city · Postleitzahl geschäftlich=postcode · Land/Region geschäftlich=country · Telefon geschäftlich=phone · Mobiltelefon=mobile · E-Mail-Adresse=email · E-Mail 2: Adresse=other_emails · Geburtstag=birth_date · Notizen=notes · Webseite=website");
    }

    #[test]
    fn linkedin_connections() {
        let got =
            of_headers("First Name|Last Name|URL|Email Address|Company|Position|Connected On");
        insta::assert_snapshot!(got, @"linkedin_connections: First Name=given_name · Last Name=family_name · URL=linkedin_url · Email Address=email · Company=company · Position=job_title · Connected On=created_at");
    }

    #[test]
    fn eventbrite() {
        let got = of_headers(
            "Order #|Order Date|First Name|Surname|Email|Quantity|Ticket Type|Attendee #|Attendee Status|Home Address 1|Home City|Home Zip|Home Country|Job Title|Company|What do you eat?",
        );
        insta::assert_snapshot!(got, @"eventbrite: Order #=s:Order # · Order Date=created_at · First Name=given_name · Surname=family_name · Email=email · Quantity=s:Quantity · Ticket Type=s:Ticket Type · Attendee #=record_id · Attendee Status=s:Attendee Status · Home Address 1=street · Home City=city · Home Zip=postcode · Home Country=country · Job Title=job_title · Company=company · What do you eat?=s:What do you eat?");
    }

    #[test]
    fn karat_s_own_golden_records() {
        let got = of_headers(
            "golden_id|given_name|family_name|email|other_emails|street|sources|record_count|confidence",
        );
        insta::assert_snapshot!(got, @"karat: golden_id=record_id · given_name=given_name · family_name=family_name · email=email · other_emails=other_emails · street=street · sources=s:sources · record_count=s:record_count · confidence=s:confidence");
    }
}

mod languages {
    use super::*;

    #[test]
    fn german() {
        let got = of_headers(
            "Kundennummer|Anrede|Vorname|Name|Firma|E-Mail-Adresse|Telefon|Handy|Strasse|PLZ|Ort|Land|Geburtsdatum|Bemerkung",
        );
        insta::assert_snapshot!(got, @"no system: Kundennummer=s:Kundennummer · Anrede=prefix · Vorname=given_name · Name=family_name · Firma=company · E-Mail-Adresse=email · Telefon=phone · Handy=mobile · Strasse=street · PLZ=postcode · Ort=city · Land=country · Geburtsdatum=birth_date · Bemerkung=notes");
    }

    #[test]
    fn german_name_alone() {
        let got = of_headers("Name|Firma|Mail|Tel.|Anschrift");
        insta::assert_snapshot!(got, @"no system: Name=full_name · Firma=company · Mail=email · Tel.=phone · Anschrift=address");
    }

    #[test]
    fn french() {
        let got = of_headers(
            "Civilité|Nom|Prénom|Société|Fonction|Courriel|Tél.|Portable|Adresse|Code postal|Ville|Pays|Désabonné",
        );
        insta::assert_snapshot!(got, @"no system: Civilité=prefix · Nom=family_name · Prénom=given_name · Société=company · Fonction=job_title · Courriel=email · Tél.=phone · Portable=mobile · Adresse=street · Code postal=postcode · Ville=city · Pays=country · Désabonné=email_opt_out");
    }

    #[test]
    fn french_without_accents() {
        let got = of_headers("NOM|PRENOM|SOCIETE|TELEPHONE|DATE DE NAISSANCE");
        insta::assert_snapshot!(got, @"no system: NOM=family_name · PRENOM=given_name · SOCIETE=company · TELEPHONE=phone · DATE DE NAISSANCE=birth_date");
    }

    #[test]
    fn french_name_alone() {
        let got = of_headers("Nom|Entreprise|E-mail");
        insta::assert_snapshot!(got, @"no system: Nom=full_name · Entreprise=company · E-mail=email");
    }

    #[test]
    fn spanish() {
        let got = of_headers(
            "Nombre|Apellidos|Empresa|Cargo|Correo electrónico|Móvil|Dirección|Código postal|Ciudad|Estado|País|Baja",
        );
        insta::assert_snapshot!(got, @"no system: Nombre=given_name · Apellidos=family_name · Empresa=company · Cargo=job_title · Correo electrónico=email · Móvil=mobile · Dirección=street · Código postal=postcode · Ciudad=city · Estado=region · País=country · Baja=email_opt_out");
    }

    #[test]
    fn spanish_name_alone() {
        let got = of_headers("Nombre|Teléfono|Estado");
        insta::assert_snapshot!(got, @"no system: Nombre=full_name · Teléfono=phone · Estado=lead_status");
    }

    #[test]
    fn bulgarian() {
        let got = of_headers(
            "Име|Презиме|Фамилия|Фирма|Длъжност|Ел. поща|Тел.|GSM|Адрес|П.К.|Град|Държава|Отписан",
        );
        insta::assert_snapshot!(got, @"no system: Име=given_name · Презиме=middle_name · Фамилия=family_name · Фирма=company · Длъжност=job_title · Ел. поща=email · Тел.=phone · GSM=mobile · Адрес=street · П.К.=postcode · Град=city · Държава=country · Отписан=email_opt_out");
    }

    #[test]
    fn bulgarian_name_alone() {
        let got = of_headers("Име|Имейл|Телефон");
        insta::assert_snapshot!(got, @"no system: Име=full_name · Имейл=email · Телефон=phone");
    }

    #[test]
    fn persian() {
        let got = of_headers("نام|نام خانوادگي|شركت|سمت|ایمیل|تلفن‌همراه|آدرس|کد پستی|شهر|کشور");
        insta::assert_snapshot!(got, @"no system: نام=given_name · نام خانوادگي=family_name · شركت=company · سمت=job_title · ایمیل=email · تلفن‌همراه=mobile · آدرس=street · کد پستی=postcode · شهر=city · کشور=country");
    }

    #[test]
    fn persian_name_alone() {
        let got = of_headers("نام|شماره تماس|عنوان");
        insta::assert_snapshot!(got, @"no system: نام=full_name · شماره تماس=phone · عنوان=job_title");
    }

    #[test]
    fn thai() {
        let got = of_headers("คำนำหน้า|ชื่อ|นามสกุล|บริษัท|ตำแหน่ง|อีเมล์|เบอร์โทร|ที่อยู่|จังหวัด|รหัสไปรษณีย์");
        insta::assert_snapshot!(got, @"no system: คำนำหน้า=prefix · ชื่อ=given_name · นามสกุล=family_name · บริษัท=company · ตำแหน่ง=job_title · อีเมล์=email · เบอร์โทร=phone · ที่อยู่=street · จังหวัด=region · รหัสไปรษณีย์=postcode");
    }

    #[test]
    fn thai_name_alone() {
        let got = of_headers("ชื่อ|อีเมล|เบอร์มือถือ");
        insta::assert_snapshot!(got, @"no system: ชื่อ=full_name · อีเมล=email · เบอร์มือถือ=mobile");
    }

    #[test]
    fn english_names() {
        let got = of_headers("Name|E-mail|Phone|Phone 2|Address");
        insta::assert_snapshot!(got, @"no system: Name=full_name · E-mail=email · Phone=phone · Phone 2=other_phones · Address=address");
    }

    #[test]
    fn plain_person_files() {
        let got = of_headers(
            "rec_id|given_name|surname|street_number|address_1|address_2|suburb|postcode|state|date_of_birth|soc_sec_id",
        );
        insta::assert_snapshot!(got, @"no system: rec_id=s:rec_id · given_name=given_name · surname=family_name · street_number=street_number · address_1=street · address_2=street_2 · suburb=city · postcode=postcode · state=region · date_of_birth=birth_date · soc_sec_id=national_id");
    }

    #[test]
    fn birth_parts() {
        let got = of_headers("fname_c1|fname_c2|lname_c1|by|bm|bd");
        insta::assert_snapshot!(got, @"no system: fname_c1=given_name · fname_c2=middle_name · lname_c1=family_name · by=birth_year · bm=birth_month · bd=birth_day");
    }

    #[test]
    fn birth_parts_not_together() {
        let got = of_headers("fname_c1|by");
        insta::assert_snapshot!(got, @"no system: fname_c1=given_name · by=s:by");
    }

    #[test]
    fn organisations() {
        let got = of_headers("org_name|addr|city|website");
        insta::assert_snapshot!(got, @"no system: org_name=company · addr=street · city=city · website=website");
    }

    #[test]
    fn badge_scans() {
        let got = of_headers(
            "Badge No|Attendee Name|Organisation|E-mail|Marketing Consent|Scanned At|Lead Rating",
        );
        insta::assert_snapshot!(got, @"no system: Badge No=s:Badge No · Attendee Name=full_name · Organisation=company · E-mail=email · Marketing Consent=email_opt_in · Scanned At=created_at · Lead Rating=s:Lead Rating");
    }
}

mod values {
    use super::*;

    #[test]
    fn a_mailchimp_address_and_tags_come_apart() {
        let got = mapped(read(
            "m",
            "subscribed_email_audience_export_1a2b.csv",
            r#"Email Address|Address|MEMBER_RATING|OPTIN_TIME|CC|LEID|TAGS|UNSUB_TIME
               ana@example.test|1 Main St  Springfield  IL  62701  US|2|2020-01-01 00:00:00|CA|1|"VIP","Trade Show, 2020"|
               bo@example.test|somewhere|2|2020-01-01 00:00:00|BG|2|"VIP"|2021-01-01 00:00:00"#,
        ));
        assert_eq!(cells(&got, "street"), ["1 Main St", "-"]);
        assert_eq!(cells(&got, "city"), ["Springfield", "-"]);
        assert_eq!(cells(&got, "postcode"), ["62701", "-"]);
        // The address says US; the network's country fills only where nothing is known.
        assert_eq!(cells(&got, "country"), ["US", "BG"]);
        assert_eq!(cells(&got, "address"), ["-", "somewhere"]);
        assert_eq!(cells(&got, "tags"), ["VIP;Trade Show, 2020", "VIP"]);
        // The file's name says "subscribed"; a time of leaving says more.
        assert_eq!(cells(&got, "email_status"), ["subscribed", "unsubscribed"]);
        assert_eq!(
            got.records.raw(0, 1),
            Some("1 Main St  Springfield  IL  62701  US")
        );
        let parts = got.events.iter().filter(|e| e.rule == "split_parts");
        assert_eq!(parts.count(), 5);
    }

    #[test]
    fn each_mailchimp_file_says_its_status() {
        let mut source = read(
            "m",
            "unsubscribed_email_audience_export_1.csv",
            "Email Address|MEMBER_RATING|LEID
             a@example.test|1|1
             b@example.test|1|2",
        );
        source
            .files
            .push(file("x/cleaned_email_audience_export_1.csv"));
        source.at[1].0 = 1;
        let got = mapped(source);
        assert_eq!(cells(&got, "email_status"), ["unsubscribed", "cleaned"]);
    }

    #[test]
    fn google_phones_go_where_their_label_says() {
        let got = mapped(read(
            "g",
            "contacts.csv",
            "First Name|Phonetic First Name|Labels|E-mail 1 - Label|E-mail 1 - Value|E-mail 2 - Value|Phone 1 - Label|Phone 1 - Value|Phone 2 - Label|Phone 2 - Value
             Ana||* myContacts ::: * starred|* Home|a@x.test ::: b@x.test|c@x.test|Mobile|+1 1|Work|+1 2 ::: +1 3
             Bo||VIP|Home|d@x.test||Work|+1 4|Work Fax|+1 5",
        ));
        assert_eq!(cells(&got, "email"), ["a@x.test", "d@x.test"]);
        assert_eq!(cells(&got, "other_emails"), ["b@x.test;c@x.test", "-"]);
        assert_eq!(cells(&got, "mobile"), ["+1 1", "-"]);
        assert_eq!(cells(&got, "phone"), ["+1 2", "+1 4"]);
        assert_eq!(cells(&got, "other_phones"), ["+1 3", "-"]);
        assert_eq!(cells(&got, "fax"), ["-", "+1 5"]);
        assert_eq!(cells(&got, "tags"), ["myContacts;starred", "VIP"]);
        assert_eq!(got.records.raw(0, 9), Some("+1 2 ::: +1 3"));
    }

    #[test]
    fn a_home_address_fills_whole_or_not_at_all() {
        let got = mapped(read(
            "o",
            "contacts.csv",
            "First Name|E-mail Address|Business Phone|Business Street|Business City|Home Street|Home City|Home Postal Code
             Ana|a@x.test|1|Work St|||Hometown|1000
             Bo|b@x.test|2|||Home St|Hometown|1000",
        ));
        assert_eq!(cells(&got, "street"), ["Work St", "Home St"]);
        assert_eq!(cells(&got, "city"), ["-", "Hometown"]);
        assert_eq!(cells(&got, "postcode"), ["-", "1000"]);
        assert_eq!(cells(&got, "o:Home City"), ["Hometown", "Hometown"]);
    }

    #[test]
    fn the_system_s_word_for_nothing_is_taken_out() {
        let got = mapped(read(
            "s",
            "s.csv",
            "Id|AccountId|LastName|MailingStreet
             1|A|[not provided]|Street
             2|A|Petrov|",
        ));
        assert_eq!(cells(&got, "family_name"), ["-", "Petrov"]);
        assert_eq!(got.records.raw(0, 2), Some("[not provided]"));
        let event = got.events.get(0);
        assert_eq!(event.kind, EventKind::Cleared);
        assert_eq!(
            (event.record, event.before, event.after),
            (Some(0), Some("[not provided]"), None)
        );
    }

    #[test]
    fn values_decide_between_meanings_of_a_header() {
        let status = |values: &str| {
            let rows: String = values.split(',').map(|v| format!("\nAna|{v}")).collect();
            columns(&mapped(read(
                "s",
                "s.csv",
                &format!("Full Name|Status{rows}"),
            )))
        };
        assert!(status("MQL,SQL,customer,client - active").contains("Status=lifecycle_stage"));
        assert!(status("subscribed,unsubscribed,cleaned").contains("Status=email_status"));
        assert!(status("Open - Not Contacted,New").contains("Status=lead_status"));
        let got = columns(&mapped(read(
            "s",
            "s.csv",
            "First Name|Title|Address\nAna|Mrs.|a@x.test",
        )));
        assert_eq!(
            got,
            "no system: First Name=given_name · Title=prefix · Address=email"
        );
    }

    #[test]
    fn a_column_of_emails_is_known_by_its_values() {
        let text = "Full Name|Where to write
                    Ana|ana@example.test
                    Bo|bo@example.test";
        let got = mapped(read("s", "s.csv", text));
        assert_eq!(
            cells(&got, "email"),
            ["ana@example.test", "bo@example.test"]
        );
        assert!(codes(&got).contains(&"map_by_values"));
        let other = text
            .replace("Where to write", "Where to write|Email")
            .replace(".test", ".test|x@y.test");
        let got = mapped(read("s", "s.csv", &other));
        assert!(columns(&got).contains("Where to write=s:Where to write"));
    }

    #[test]
    fn a_second_email_column_is_kept_beside() {
        let got = mapped(read(
            "s",
            "s.csv",
            "Email|Work Email|Email (2)\na@x.test|b@x.test|c@x.test",
        ));
        assert_eq!(cells(&got, "email"), ["a@x.test"]);
        assert_eq!(cells(&got, "other_emails"), ["b@x.test;c@x.test"]);
        assert!(codes(&got).contains(&"map_second_column"));
    }
}

mod records {
    use super::*;

    #[test]
    fn ids_that_stand_twice_stay_apart_in_the_order_of_their_content() {
        let one = "Contact ID|Account Name|Email\n7|B|b@x.test\n7|A|a@x.test\n8|C|\n|D|";
        let two = "Contact ID|Account Name|Email\n8|C|\n7|A|a@x.test\n7|B|b@x.test\n|D|";
        for text in [one, two] {
            let got = mapped(read("s", "s.csv", text));
            assert_eq!(ids(&got), ["7", "7#2", "8", "line 5"]);
            assert_eq!(cells(&got, "company"), ["A", "B", "C", "D"]);
            assert_eq!(codes(&got)[1..], ["map_duplicate_ids", "map_empty_ids"]);
            assert_eq!(got.records.raw(1, 0), Some("7"));
            assert_eq!(got.records.raw(3, 0), None);
        }
    }

    #[test]
    fn a_generic_id_must_be_unique_and_complete() {
        let got = mapped(read("s", "s.csv", "No|Name\nx1|Ana\nx2|Bo"));
        assert_eq!(ids(&got), ["x1", "x2"]);
        assert_eq!(got.records.sources[0].id_header.as_deref(), Some("No"));
        let got = mapped(read("s", "s.csv", "No|Name\nx1|Ana\nx1|Bo"));
        assert_eq!(ids(&got), ["2", "3"]);
        assert_eq!(cells(&got, "s:No"), ["x1", "x1"]);
        assert!(codes(&got).contains(&"map_id_not_unique"));
    }

    #[test]
    fn ids_of_a_system_are_brought_to_the_form_that_compares() {
        let text = "Contact ID|Account Name|Email\n0035e00000AbCdE|B|b@x.test\n0035e00000aBcDeAAK|A|a@x.test";
        let got = mapped(read("s", "s.csv", text));
        assert_eq!(ids(&got), ["0035e00000AbCdEAAV", "0035e00000aBcDeAAK"]);
        assert_eq!(got.records.raw(0, 0), Some("0035e00000AbCdE"));
        let event = got.events.get(0);
        assert_eq!((event.record, event.field), (Some(0), "record_id"));
        assert_eq!(event.before, Some("0035e00000AbCdE"));
        assert_eq!(event.after, Some("0035e00000AbCdEAAV"));
    }

    #[test]
    fn without_ids_records_are_named_by_line_and_ordered_by_content() {
        let got = mapped(read("s", "s.csv", "Name\nZoe\nAna"));
        assert_eq!(cells(&got, "full_name"), ["Ana", "Zoe"]);
        assert_eq!(ids(&got), ["3", "2"]);
        let mut source = read("s", "in/a.csv", "Name\nZoe\nAna");
        source.files.push(file("in/b.csv.gz"));
        source.at[1] = (1, 2);
        assert_eq!(ids(&mapped(source)), ["b:2", "a:2"]);
    }

    #[test]
    fn a_torn_row_is_a_held_record() {
        let mut source = read("s", "s.csv", "Name|Email\nAna|a@x.test");
        source.torn.push(Torn {
            file: 0,
            line: 3,
            raw: "Bo,\"b@x".into(),
            reason: "the quote is not closed".into(),
            rule: "quote_unclosed",
        });
        let got = mapped(source);
        assert_eq!(ids(&got), ["2", "line 3"]);
        assert_eq!(cells(&got, "email"), ["a@x.test", "-"]);
        let held = &got.records.held[&1];
        assert_eq!(held.rule, "quote_unclosed");
        assert_eq!(held.raw.as_deref(), Some("Bo,\"b@x"));
        assert_eq!(got.records.origin[1].line, 3);
    }

    #[test]
    fn the_order_of_sources_and_rows_is_not_seen() {
        let a = |text| read("a", "a.csv", text);
        let b = || read("b", "b.csv", "Email|Colour\nb@x.test|red");
        let one = map(
            vec![a("Id|Email\n2|y@x.test\n1|x@x.test"), b()],
            &plan(Vec::new()),
            &Rulebook::builtin(),
            &karat::watch::Silent,
        );
        let two = map(
            vec![b(), a("Id|Email\n1|x@x.test\n2|y@x.test")],
            &plan(Vec::new()),
            &Rulebook::builtin(),
            &karat::watch::Silent,
        );
        let (one, two) = (one.expect("maps"), two.expect("maps"));
        assert_eq!(ids(&one), ["1", "2", "2"]);
        assert_eq!(ids(&one), ids(&two));
        for column in ["email", "b:Colour"] {
            assert_eq!(cells(&one, column), cells(&two, column));
        }
        assert_eq!(one.records.table.names(), ["email", "b:Colour"]);
        assert_eq!(one.diagnostics, two.diagnostics);
    }

    /// The second law begins here: every cell that was read is in a column, and can
    /// be had back as it was.
    #[test]
    fn nothing_is_lost_at_mapping() {
        let sources = [
            "Email Address|Address|MEMBER_RATING|CC|LEID|TAGS\na@x.test|A  B  C  D  E|1|US|9|\"a;b\",\"c\"\nb@x.test|A  B|2|DE|10|",
            "First Name|Phonetic First Name|E-mail 1 - Label|E-mail 1 - Value|E-mail 2 - Value|Phone 1 - Label|Phone 1 - Value\nAna|An|* Home|a@x ::: b@x|c@x|Fax|1\nBo||Home|||Fax|2",
            "Id|Id (2)|AccountId|MailingStreet|MailingState|MailingStateCode|LastName\n5|x|A|S|Texas|TX|[not provided]\n5|y|B||||Petrov",
            "Name|Vorname|Email|Email (2)|Whatever\nX|Y|a@x|b@x|z",
        ];
        for text in sources {
            let source = read("s", "s.csv", text);
            let before = source.table.clone();
            let got = mapped(source);
            for row in 0..got.records.rows() {
                let line = got.records.origin[row].line as usize - 2;
                for (header, name) in before.names().iter().enumerate() {
                    assert_eq!(
                        got.records.raw(row, header),
                        before.get(name, line),
                        "{name}"
                    );
                }
            }
        }
    }
}

mod plans {
    use super::*;

    fn with(own: SourcePlan, text: &str) -> Result<Mapped, karat::contact::Failure> {
        map(
            vec![read(&own.name.clone(), "in.csv", text)],
            &plan(vec![own]),
            &Rulebook::builtin(),
            &karat::watch::Silent,
        )
    }

    fn mapping(pairs: &[(&str, &[&str])]) -> SourcePlan {
        SourcePlan {
            map: pairs
                .iter()
                .map(|(field, headers)| {
                    (
                        (*field).to_owned(),
                        headers.iter().map(|h| (*h).to_owned()).collect(),
                    )
                })
                .collect(),
            ..source_plan("s")
        }
    }

    #[test]
    fn the_plan_wins_over_preset_and_words() {
        let own = SourcePlan {
            id: Some("Key".into()),
            constants: [("lead_source".to_owned(), "Fair".to_owned())].into(),
            ..mapping(&[("email", &["Personal"]), ("other_phones", &["A", "B"])])
        };
        let got = with(
            own,
            "Key|Email|Personal|A|B|Source\nk|e@x.test|p@x.test|1|2|Web",
        )
        .expect("maps");
        assert_eq!(
            columns(&got),
            "no system: Key=record_id · Email=other_emails · Personal=email · A=other_phones · B=other_phones · Source=s:Source"
        );
        assert_eq!(cells(&got, "lead_source"), ["Fair"]);
        assert_eq!(cells(&got, "other_phones"), ["1;2"]);
        assert_eq!(ids(&got), ["k"]);
    }

    #[test]
    fn an_id_of_the_plan_may_be_a_field_as_well() {
        let own = SourcePlan {
            id: Some("E-mail".into()),
            ..source_plan("s")
        };
        let got = with(own, "Full Name|E-mail\nAna|a@x.test").expect("maps");
        assert_eq!(cells(&got, "email"), ["a@x.test"]);
        assert_eq!(ids(&got), ["a@x.test"]);
    }

    #[test]
    fn a_forced_system_needs_no_signature() {
        let own = SourcePlan {
            system: Some("outlook".into()),
            ..source_plan("s")
        };
        let got = with(own, "Title|First Name\nMr|Bo").expect("maps");
        assert_eq!(
            columns(&got),
            "outlook: Title=prefix · First Name=given_name"
        );
    }

    #[test]
    fn what_is_wrong_is_said_at_once() {
        let own = SourcePlan {
            system: Some("hubspt".into()),
            id: Some("Recrd ID".into()),
            ..mapping(&[
                ("email", &["Email", "Mail"]),
                ("compny", &["Email"]),
                ("phone", &["Phone"]),
                ("mobile", &["Mail"]),
                ("fax", &["Mail"]),
            ])
        };
        let failure = with(own, "Record ID|Email|Mail\n1|a@x.test|").expect_err("is refused");
        assert_eq!(failure.kind, FailureKind::Usage);
        let said: Vec<String> = failure
            .diagnostics
            .iter()
            .map(|d| {
                format!(
                    "{}: {} ({})",
                    d.code,
                    d.message,
                    d.hints[..d.hints.len().min(1)].join("; ")
                )
            })
            .collect();
        insta::assert_snapshot!(said.join("\n"), @r"
        plan_unknown_system: source s: there is no system 'hubspt' (did you mean hubspot?)
        plan_unknown_field: source s: there is no field 'compny' (did you mean company?)
        plan_field_twice: source s: email holds one value, and the plan maps 'Email' and 'Mail' to it (keep one of them and map the others to other_emails)
        plan_header_twice: source s: the plan maps the column 'Mail' to fax and to mobile ()
        plan_header_not_found: source s: no column 'Phone' (for phone) in in.csv (its columns: 'Record ID', 'Email', 'Mail')
        plan_header_not_found: source s: no column 'Recrd ID' (for id) in in.csv (did you mean 'Record ID'?)
        ");
    }
}

mod drafts {
    use super::*;
    use karat::map::draft::draft;
    use karat::plan::{Overrides, parse};

    fn drafted(folder: &std::path::Path, sources: &[(&str, &str)]) -> String {
        let read: Vec<(SourcePlan, SourceRead)> = sources
            .iter()
            .map(|(name, text)| {
                let path = format!("{name}.csv");
                std::fs::write(folder.join(&path), text).expect("a file is written");
                let own = SourcePlan {
                    path: path.clone(),
                    ..source_plan(name)
                };
                (own, read(name, &path, text))
            })
            .collect();
        draft("karat", &read, &Rulebook::builtin()).expect("drafts")
    }

    #[test]
    fn a_draft_says_what_was_found_and_runs() {
        let folder = tempfile::tempdir().expect("a folder");
        let text = drafted(
            folder.path(),
            &[
                (
                    "badges",
                    "Badge No|Full Name|Organistion|Phone|Country|Scanned At|Second Name\nB1|Ana|X|612 555 4410||31/12/2024|\nB2|Bo|X|+1 612 555 4410|US|01/02/2024|",
                ),
                ("hub", "Record ID|Lifecycle Stage|Email\n1|Lead|a@x.test"),
            ],
        );
        insta::assert_snapshot!(text, @r#"
        # A draft by `karat init`. It runs as it stands; a line behind a # is what karat
        # found or guesses, and does not count until the # is taken off.

        [plan]
        name = "karat"
        # country = "US"             # of phones and addresses that name none
        #                            1 of 3 records have a national phone number and no country
        #                            the most frequent country is 'US' (1)
        # timezone = "Europe/Sofia"  # of times without an offset; UTC when not given

        # 'badges.csv': 0 records
        # No system is recognised; columns are known by their words.
        [[source]]
        name = "badges"
        path = "badges.csv"
        # trust = 0.5                # 0 to 1: whose value wins when records disagree
        # id = "Badge No"            # every record has one, no two the same
        # dates = "day_first"        # such as '01/02/2024': 1 can only be read so
        # [source.map]
        # full_name = "Full Name"    # by its word
        # phone = "Phone"            # by its word
        # country = "Country"        # by its word
        # created_at = "Scanned At"  # by its word
        # Not mapped yet:
        # company = "Organistion"    # a guess: like 'organisation'
        # Carried through as they are: 'Second Name'

        # 'hub.csv': 0 records
        # Recognised as HubSpot contacts by its columns 'Record ID', 'Lifecycle Stage'.
        [[source]]
        name = "hub"
        path = "hub.csv"
        # system = "hubspot"
        # trust = 0.5                # 0 to 1: whose value wins when records disagree
        # id = "Record ID"           # the system's record id
        # [source.map]
        # email = "Email"                      # the system's own
        # lifecycle_stage = "Lifecycle Stage"  # the system's own

        [match]
        # threshold = 0.5            # merge from this probability on; a careful team raises it
        # review = [0.3, 0.95]       # show people the pairs between

        [gate]
        # max_error_share = 0.02     # else nothing is published
        # max_golden_shrink = 0.05

        [output]
        dir = "out"
        "#);
        let parsed = parse(
            &text,
            "karat.toml",
            "karat",
            folder.path(),
            &Overrides::default(),
            &Rulebook::builtin(),
        );
        assert_eq!(parsed.expect("the draft is a plan").plan.sources.len(), 2);
    }

    #[test]
    fn a_draft_s_guesses_are_a_plan_when_they_are_taken_at_their_word() {
        let folder = tempfile::tempdir().expect("a folder");
        let text = drafted(
            folder.path(),
            &[(
                "s",
                "Id|Full \"Name\"|E-mail|Email 2|Phone|Tel.|Dates|Adress\n1|Ana|a@x|b@x|1|2|01/02/2024|Y",
            )],
        );
        let mut open = String::new();
        let mut inside = false;
        for line in text.lines() {
            inside = match line {
                "# [source.map]" => true,
                line => {
                    inside
                        && line.starts_with('#')
                        && !line.starts_with("# Not")
                        && !line.starts_with("# Carried")
                }
            };
            open.push_str(if inside {
                line.trim_start_matches("# ")
            } else {
                line
            });
            open.push('\n');
        }
        let parsed = parse(
            &open,
            "karat.toml",
            "karat",
            folder.path(),
            &Overrides::default(),
            &Rulebook::builtin(),
        );
        let plan = parsed
            .unwrap_or_else(|failure| panic!("{failure}\n{open}"))
            .plan;
        assert_eq!(plan.sources[0].map["other_emails"], ["Email 2"]);
        assert_eq!(plan.sources[0].map["other_phones"], ["Tel."]);
    }
}
