//! Cards that a world file names.

use super::{base64, png, text_chunk, v3};
use crate::vocabulary::vocabulary;
use parlor_model::world::check::load;
use parlor_model::{Origin, World};

const WORLD: &str = r#"
[world]
name = "coast"
[[characters]]
name = "Ada"
[[characters]]
name = "Marla Quince"
card = "cards/marla.png"
likes = ["oil"]
"#;

fn read(world: &str, file: Vec<u8>) -> Result<World, String> {
    let read = |path: &str| match path {
        "cards/marla.png" => Ok(file.clone()),
        _ => Err("there is no such file".to_owned()),
    };
    load(world, "coast.toml", &vocabulary(), &read).map_err(|problems| problems.to_string())
}

#[test]
fn a_character_of_a_world_is_who_its_card_says() {
    let world = read(WORLD, png(&[text_chunk("ccv3", &base64(&v3()))])).unwrap();
    let marla = world.named("Marla Quince").unwrap();
    assert!(
        marla.persona.contains("keeps the lighthouse"),
        "{}",
        marla.persona
    );
    assert!(!marla.persona.contains("{{"), "{}", marla.persona);
    assert_eq!(
        (marla.likes[0].as_str(), marla.origin),
        ("oil", Origin::World)
    );
    assert_eq!(
        marla.card.as_ref().unwrap().fields().first_mes,
        "Mind the step, {{user}}."
    );
    assert!(marla.picture);
}

#[test]
fn what_the_file_says_counts_before_the_card() {
    let world = WORLD.replace("likes", "persona = \"A baker.\"\nlikes");
    let world = read(&world, png(&[text_chunk("ccv3", &base64(&v3()))])).unwrap();
    assert_eq!(world.named("Marla Quince").unwrap().persona, "A baker.");
}

#[test]
fn a_bad_card_is_a_problem_with_its_place() {
    let problem = read(WORLD, b"GIF89a".to_vec()).unwrap_err();
    assert!(
        problem.starts_with(
            "coast.toml:8:8: 'cards/marla.png' can't be read: this is no character card"
        ),
        "{problem}"
    );
    let problem = read(
        &WORLD.replace("cards/marla.png", "../marla.png"),
        Vec::new(),
    )
    .unwrap_err();
    assert!(problem.contains("not inside the directory"), "{problem}");
}
