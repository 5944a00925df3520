//! The description of the API as an `OpenAPI` document, made of the table of
//! [endpoints](super::endpoints); shapes of bodies and answers are in `description.json` beside
//! this file. What it comes to is kept in `openapi.json`, so that every change of it is seen.

use super::endpoints::{
    ENDPOINTS, Endpoint, Methods, OF_EVERY_ANSWER, OF_EVERY_REQUEST, Operation, PARAMETERS,
    Parameter, Place,
};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// What is the same of all answers: media types, schemas; who the document is about.
const SHAPES: &str = include_str!("description.json");

/// The document, which `/api/openapi.json` answers with.
pub fn openapi() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| format!("{:#}\n", document()));
    &TEXT
}

fn document() -> Json {
    let mut shapes = in_json(SHAPES);
    let paths = ENDPOINTS.iter().map(|endpoint| {
        let path = endpoint.path.to_owned();
        (path, described(endpoint))
    });
    shapes["paths"] = Json::Object(paths.collect());
    let shared = PARAMETERS.iter().filter(|parameter| is_shared(parameter));
    let shared = shared.map(|parameter| (parameter.name.to_owned(), in_full(parameter)));
    shapes["components"]["parameters"] = Json::Object(shared.collect());
    shapes
}

/// JSON that stands in this program; the golden document shows that it is some.
fn in_json(text: &str) -> Json {
    serde_json::from_str(text).unwrap_or_default()
}

fn described(endpoint: &Endpoint) -> Json {
    let mut members = Map::new();
    if let Some(part) = endpoint.part {
        members.insert("parameters".into(), json!([in_full(part)]));
    }
    for operation in endpoint.operations {
        for method in operation.methods.all() {
            let name = method.to_ascii_lowercase();
            members.insert(name, of_method(endpoint, operation, method));
        }
    }
    Json::Object(members)
}

fn of_method(endpoint: &Endpoint, operation: &Operation, method: &str) -> Json {
    let is_form = operation.methods == Methods::Question && method == "POST";
    let mut members = Map::new();
    let mut put = |name: &str, json: Json| members.insert(name.into(), json);
    put("operationId", name_of(operation, method).into());
    let summary = match method {
        "HEAD" => "The same without a body",
        _ if is_form => "The same, with the parameters in a form",
        _ => operation.summary,
    };
    put("summary", summary.into());
    if !operation.description.is_empty() {
        put("description", operation.description.into());
    }
    if operation.is_secured {
        put("security", json!([{ "basic": [] }, { "handle": [] }]));
    }
    let is_json = !operation.responses.iter().any(|(_, name)| is_fixed(name));
    let usual = OF_EVERY_ANSWER.iter().filter(|_| is_json);
    let parameters: Vec<Json> = operation
        .parameters
        .iter()
        .chain(usual)
        .map(|it| named(it))
        .collect();
    if !parameters.is_empty() {
        put("parameters", parameters.into());
    }
    if is_form {
        let form =
            json!({ "application/x-www-form-urlencoded": { "schema": { "type": "object" } } });
        put("requestBody", json!({ "content": form }));
    } else if let Some(body) = operation.body {
        let place = format!("#/components/requestBodies/{body}");
        put("requestBody", json!({ "$ref": place }));
    }
    put("responses", responses(endpoint, operation));
    Json::Object(members)
}

/// The name of the operation by its first method; others say which.
fn name_of(operation: &Operation, method: &str) -> String {
    let id = operation.id;
    match method {
        "HEAD" => format!("{id}Head"),
        "POST" if operation.methods.all().first() != Some(&"POST") => format!("{id}Form"),
        _ => id.to_owned(),
    }
}

/// Whether an answer has one form, whatever is asked for.
fn is_fixed(response: &str) -> bool {
    matches!(response, "Text" | "Description" | "Lines" | "Ended")
}

fn responses(endpoint: &Endpoint, operation: &Operation) -> Json {
    let of_api = OF_EVERY_REQUEST.iter().filter(|(status, _)| {
        endpoint.path.starts_with("/api/") || matches!(status, 400 | 408 | 413 | 429 | 431)
    });
    // What the operation says itself goes before.
    let all: BTreeMap<u16, &str> = of_api.chain(operation.responses).copied().collect();
    let all = all.into_iter().map(|(status, name)| {
        let place = format!("#/components/responses/{name}");
        (status.to_string(), json!({ "$ref": place }))
    });
    Json::Object(all.collect())
}

/// A parameter as an operation has it: those that several have by their place.
fn named(parameter: &Parameter) -> Json {
    if is_shared(parameter) {
        let place = format!("#/components/parameters/{}", parameter.name);
        return json!({ "$ref": place });
    }
    in_full(parameter)
}

/// Whether there is one parameter of a name, so that the name is enough.
fn is_shared(parameter: &Parameter) -> bool {
    let named = PARAMETERS.iter().filter(|it| it.name == parameter.name);
    parameter.place == Place::Query && named.count() == 1
}

fn in_full(parameter: &Parameter) -> Json {
    let place = match parameter.place {
        Place::Path => "path",
        Place::Query => "query",
        Place::Header => "header",
    };
    let mut members = Map::new();
    members.insert("name".into(), parameter.name.into());
    members.insert("in".into(), place.into());
    members.insert("description".into(), parameter.description.into());
    members.insert("schema".into(), in_json(parameter.schema));
    if let Json::Object(others) = in_json(parameter.others) {
        members.extend(others);
    }
    Json::Object(members)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::endpoints::{Route, find};
    use hyper::Method;
    use std::collections::BTreeSet;
    use std::path::Path;

    /// Rewrites the file if the variable is set: `NAMEPLATE_GOLDEN=1`.
    #[test]
    fn the_document_is_what_is_kept() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
        if std::env::var_os("NAMEPLATE_GOLDEN").is_some() {
            std::fs::write(&file, openapi()).unwrap();
        }
        let kept = std::fs::read_to_string(&file).unwrap();
        assert!(
            kept == openapi(),
            "openapi.json is old: NAMEPLATE_GOLDEN=1 writes it anew"
        );
    }

    /// Every place in the document that is referred to is there, and nothing is there for nobody.
    #[test]
    fn what_is_referred_to_is_there() {
        let document: Json = serde_json::from_str(openapi()).unwrap();
        let mut places = BTreeSet::new();
        collect_places(&document, &mut places);
        for place in &places {
            let pointer = place.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{place}");
        }
        for kind in ["responses", "requestBodies", "schemas", "parameters"] {
            for name in document["components"][kind].as_object().unwrap().keys() {
                let place = format!("#/components/{kind}/{name}");
                assert!(places.contains(&place), "{place} is used by nothing");
            }
        }
        assert!(!openapi().contains("\": null"));
    }

    fn collect_places(json: &Json, places: &mut BTreeSet<String>) {
        match json {
            Json::Object(members) => {
                if let Some(place) = members.get("$ref").and_then(Json::as_str) {
                    places.insert(place.to_owned());
                }
                members
                    .values()
                    .for_each(|json| collect_places(json, places));
            }
            Json::Array(items) => items.iter().for_each(|json| collect_places(json, places)),
            _ => (),
        }
    }

    /// The names of operations are unique, as those who make programs of them need it.
    #[test]
    fn each_operation_has_a_name_of_its_own() {
        let document: Json = serde_json::from_str(openapi()).unwrap();
        let mut names = BTreeSet::new();
        for operations in document["paths"].as_object().unwrap().values() {
            let operations = operations.as_object().unwrap();
            for (_, operation) in operations.iter().filter(|(name, _)| *name != "parameters") {
                let name = operation["operationId"].as_str().unwrap();
                assert!(names.insert(name.to_owned()), "{name}");
            }
        }
    }

    #[test]
    fn requests_are_led_by_the_table() {
        let check = |method: Method, path, expected| assert_eq!(find(&method, path), expected);
        check(
            Method::GET,
            "/api/handles/88/a/b",
            Some((Route::Read, "88/a/b")),
        );
        check(
            Method::POST,
            "/api/handles/88/a",
            Some((Route::Read, "88/a")),
        );
        check(Method::GET, "/api/handles/", Some((Route::Read, "")));
        check(Method::GET, "/api/handles", Some((Route::List, "")));
        check(Method::PUT, "/api/handles", None);
        check(Method::PATCH, "/api/handles/88/a", None);
        check(Method::POST, "/api/sessions/this", Some((Route::Prove, "")));
        check(Method::GET, "/api/sessions/other", None);
        check(Method::GET, "/api/bulk", None);
        check(Method::HEAD, "/healthz", Some((Route::Health, "")));
        check(Method::GET, "/healthz/", None);
    }

    /// No file of the API reads a parameter by a name that is not in the table.
    #[test]
    fn parameters_are_read_by_the_table() {
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/api");
        let files = std::fs::read_dir(sources)
            .unwrap()
            .map(|file| file.unwrap().path());
        let files = files.chain([Path::new(env!("CARGO_MANIFEST_DIR")).join("src/api.rs")]);
        for file in files.filter(|file| file.extension().is_some_and(|it| it == "rs")) {
            let source = std::fs::read_to_string(&file).unwrap();
            for reading in [".first(", ".all(", ".flag("] {
                let literal = format!("query{reading}\"");
                assert!(!source.contains(&literal), "{}: {literal}", file.display());
            }
        }
    }
}
