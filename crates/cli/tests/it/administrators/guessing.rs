//! Whoever guesses at an administrator waits, and does not lock the holder out.

use portcullis_administrators::{Desk, LogIn, LoggedIn, Refused, Second};
use portcullis_identity::{AdminRole, AdministratorName, Scope, Secret};

use super::PASSWORD;
use super::clock::{Hall, at, comer};

/// Adds somebody without a second factor: it is enough for a log-in to be told from a refusal.
async fn add(desk: &Desk, name: &str) {
    let name = AdministratorName::new(name).unwrap();
    let may = (vec![AdminRole::Auditor], Scope::default());
    assert!(
        desk.add(&name, may, PASSWORD.into(), at(-3600))
            .await
            .unwrap()
    );
    let codes = desk.recovery_codes(&name).await.unwrap();
    assert_eq!(codes.len(), 10);
}

async fn try_from(desk: &Desk, name: &str, password: &str, last: u8) -> Result<(), Refused> {
    let asked = LogIn {
        name: name.to_owned(),
        password: Secret::from(password),
        second: Second::Nothing,
    };
    desk.log_in(asked, &comer(last), &(), at(i64::from(last)))
        .await
        .map(drop)
}

/// Enrols an app for somebody; answers what it shows at a moment.
async fn app_of(desk: &Desk, name: &AdministratorName) -> impl Fn(i64) -> String {
    let (slip, totp) = desk.begin_totp(name, at(-60)).await.unwrap();
    let secret = totp.expose(|_, secret| secret.to_owned()).unwrap();
    let code = move |seconds: i64| {
        let at = u64::try_from(at(seconds).micros() / 1_000_000).unwrap();
        super::office::app(&secret).generate(at).to_string()
    };
    let slip = slip.expose(str::to_owned);
    desk.finish_totp((name, None), &slip, &code(-60), at(-60))
        .await
        .unwrap();
    code
}

#[tokio::test]
async fn an_account_is_held_for_strangers_and_its_holder_goes_on() {
    let hall = Hall::build().await;
    let desk = hall.desk();
    add(&desk, "anna").await;
    add(&desk, "bert").await;
    // Anna has an app, and logs in at home.
    let name = AdministratorName::new("anna").unwrap();
    let code = app_of(&desk, &name).await;
    let home = async |seconds| {
        let asked = LogIn {
            name: "anna".to_owned(),
            password: PASSWORD.into(),
            second: Second::Code(Secret::new(code(seconds))),
        };
        desk.log_in(asked, &comer(200), &(), at(seconds)).await
    };
    assert!(matches!(home(0).await, Ok(LoggedIn::Session(_))));

    for last in 1..=5 {
        let refused = try_from(&desk, "anna", "guessed giraffes", last).await;
        assert!(
            matches!(refused, Err(Refused::Wrong)),
            "{last}: {refused:?}"
        );
    }
    for (name, password) in [
        ("anna", "guessed giraffes"),
        ("anna", PASSWORD),
        ("ANNA ", PASSWORD),
    ] {
        let refused = try_from(&desk, name, password, 7).await;
        assert!(
            matches!(refused, Err(Refused::Wait(1..))),
            "{name}: {refused:?}"
        );
    }
    assert!(
        matches!(home(60).await, Ok(LoggedIn::Session(_))),
        "at home it goes on"
    );
    assert!(
        try_from(&desk, "bert", PASSWORD, 7).await.is_ok(),
        "others do anyhow"
    );

    // Whoever does not exist is held alike.
    for last in 20..=25 {
        let refused = try_from(&desk, "nobody", PASSWORD, last).await;
        let held = matches!(refused, Err(Refused::Wait(_)));
        assert_eq!(held, last == 25, "{last}: {refused:?}");
    }
}

#[tokio::test]
async fn an_address_that_keeps_failing_waits_whatever_it_tries() {
    let hall = Hall::build().await;
    let desk = hall.desk();
    add(&desk, "anna").await;
    assert!(try_from(&desk, "anna", PASSWORD, 9).await.is_ok());
    for n in 0..1000 {
        let token = portcullis_identity::AdministratorToken::from_entropy(
            &[u8::try_from(n % 251).unwrap(); 32],
        );
        let token = token.expose(str::to_owned);
        let refused = desk.known(&token, &comer(9), at(9)).await;
        assert!(matches!(refused, Err(Refused::NotLoggedIn)), "{n}");
    }
    let refused = try_from(&desk, "anna", PASSWORD, 9).await;
    assert!(matches!(refused, Err(Refused::Wait(_))), "{refused:?}");
    assert!(
        try_from(&desk, "anna", PASSWORD, 10).await.is_ok(),
        "another address"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_address_fills_the_row_of_those_who_wait_for_a_hash() {
    let hall = Hall::build().await;
    let desk = std::sync::Arc::new(hall.desk());
    add(&desk, "anna").await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..40 {
        let desk = std::sync::Arc::clone(&desk);
        tasks.spawn(async move { try_from(&desk, "nobody", PASSWORD, 66).await });
    }
    let honest = try_from(&desk, "anna", PASSWORD, 67).await;
    assert!(honest.is_ok(), "{honest:?}");
    let answers = tasks.join_all().await;
    let busy = answers
        .iter()
        .filter(|answer| matches!(answer, Err(Refused::Busy)));
    let busy = busy.count();
    assert!(
        (1..40).contains(&busy),
        "{busy} of 40 were told to come again"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_guesses_at_once_are_no_more_than_one_after_the_other() {
    let hall = Hall::build().await;
    let desk = std::sync::Arc::new(hall.desk());
    add(&desk, "anna").await;
    assert!(try_from(&desk, "anna", PASSWORD, 50).await.is_ok());
    let mut tasks = tokio::task::JoinSet::new();
    for last in 60..90 {
        let desk = std::sync::Arc::clone(&desk);
        let guess = async move {
            let asked = LogIn {
                name: "anna".to_owned(),
                password: Secret::from("guessed giraffes"),
                second: Second::Nothing,
            };
            desk.log_in(asked, &comer(last), &(), at(100)).await
        };
        tasks.spawn(guess);
    }
    let answers = tasks.join_all().await;
    let judged = answers
        .iter()
        .filter(|answer| !matches!(answer, Err(Refused::Wait(_))));
    assert_eq!(judged.count(), 5, "of thirty");
}

/// The network of the holder is no excuse for codes: whoever shares it, and has the password, does
/// not guess them either. And the holder has other ways.
#[tokio::test]
async fn codes_cannot_be_guessed_from_where_the_holder_is_at_home() {
    let hall = Hall::build().await;
    let (desk, other) = (hall.desk(), hall.desk());
    add(&desk, "anna").await;
    let name = AdministratorName::new("anna").unwrap();
    let code = app_of(&desk, &name).await;
    let recovery = desk.recovery_codes(&name).await.unwrap();
    let recovery = recovery[0].expose(str::to_owned);
    let try_with = async |desk: &Desk, second: Second, from: u8, seconds: i64| {
        let asked = LogIn {
            name: "anna".to_owned(),
            password: PASSWORD.into(),
            second,
        };
        desk.log_in(asked, &comer(from), &(), at(seconds)).await
    };
    let shown = |text: &str| Second::Code(Secret::from(text));
    let fine = try_with(&desk, shown(&code(0)), 200, 0).await;
    assert!(matches!(fine, Ok(LoggedIn::Session(_))), "{fine:?}");
    let fine = try_with(&other, shown(&code(30)), 200, 30).await;
    assert!(matches!(fine, Ok(LoggedIn::Session(_))), "{fine:?}");
    // Two gateways, and the holder's own network.
    for n in 0..10 {
        let desk = if n % 2 == 0 { &desk } else { &other };
        let wrong = try_with(desk, shown("000000"), 200, 60).await;
        assert!(matches!(wrong, Err(Refused::Wrong)), "{n}: {wrong:?}");
    }
    for (desk, from, text) in [
        (&desk, 200, "000000".to_owned()),
        (&other, 200, code(60)),
        (&desk, 7, code(60)),
    ] {
        let held = try_with(desk, shown(&text), from, 60).await;
        assert!(
            matches!(held, Err(Refused::CodesHeld(1..=360))),
            "{from}: {held:?}"
        );
    }
    let way = try_with(&desk, Second::Recovery(Secret::new(recovery)), 200, 60).await;
    assert!(matches!(way, Ok(LoggedIn::Session(_))), "{way:?}");
    let later = try_with(&other, shown(&code(7 * 60)), 200, 7 * 60).await;
    assert!(matches!(later, Ok(LoggedIn::Session(_))), "{later:?}");
}

#[tokio::test]
async fn right_codes_are_not_counted_as_wrong_ones() {
    let hall = Hall::build().await;
    let desk = hall.desk();
    add(&desk, "anna").await;
    let name = AdministratorName::new("anna").unwrap();
    let code = app_of(&desk, &name).await;
    for n in 0..25 {
        let asked = LogIn {
            name: "anna".to_owned(),
            password: PASSWORD.into(),
            second: Second::Code(Secret::new(code(n * 30))),
        };
        let fine = desk.log_in(asked, &comer(200), &(), at(n * 30)).await;
        assert!(matches!(fine, Ok(LoggedIn::Session(_))), "{n}: {fine:?}");
    }
}

#[test]
fn whoever_shares_an_address_does_not_keep_a_device_out_that_is_known() {
    let limits = "[limits]\naddress-failures-per-minute = 1\naddress-failures-burst = 6\n";
    let office = super::office::Office::open(limits);
    office.add("anna", "auditor");
    office.enrol_totp("anna", -1);
    let log_in = |cookie: &str| {
        let mut asked = office.good("anna");
        asked["session"] = serde_json::json!("cookie");
        let headers = [("content-type", "application/json"), ("cookie", cookie)];
        office.ask("POST", "session", &headers, asked.to_string().as_bytes())
    };
    let got = log_in("a=b");
    assert_eq!(got.status, 201, "{}", got.text());
    let cookies = got.headers.get_all("set-cookie").iter();
    let device = cookies
        .filter_map(|line| line.to_str().unwrap().split_once("; "))
        .find(|(pair, _)| pair.starts_with("__Host-portcullis-device="));
    let (device, attributes) = device.expect("a cookie of the device");
    assert_eq!(
        attributes,
        "Max-Age=7776000; Path=/; Secure; HttpOnly; SameSite=Strict"
    );
    assert_eq!(log_in(device).status, 201);
    let guess = serde_json::json!({"name": "anna", "password": "guessed giraffes"});
    let held = (0..20).any(|_| office.post("session", None, &guess).status == 429);
    assert!(held, "the address waits");
    assert_eq!(log_in("a=b").status, 429);
    let forged = device.replace("anna", "bert");
    assert_eq!(log_in(&forged).status, 429);
    assert_eq!(log_in(device).status, 201, "its device does not");
    // And is no way to guess on.
    let headers = [("content-type", "application/json"), ("cookie", device)];
    let guess = guess.to_string();
    let guesses = || office.ask("POST", "session", &headers, guess.as_bytes());
    assert!((0..20).any(|_| guesses().status == 429));
}
