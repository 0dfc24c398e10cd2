//! A Prometheus of a test's own.

use crate::api::Api;
use crate::server::Server;
use crate::wait::until;
use serde_json::Value;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// A running Prometheus; ends with the test.
pub struct Prometheus {
    api: Api,
    _server: Server,
    _dir: TempDir,
}

impl Prometheus {
    /// Starts one that asks `targets` (`http://host:port`) every half second, and looks at the alerts in
    /// `rules`.
    ///
    /// # Panics
    /// There is none on this machine (Debian's package `prometheus`), or it does not start.
    pub async fn start(targets: &[String], rules: &Path) -> Self {
        let dir = tempfile::tempdir().expect("a test can have a directory");
        let hosts: Vec<_> = targets
            .iter()
            .map(|target| target.trim_start_matches("http://"))
            .collect();
        let config = format!(
            "global: {{scrape_interval: 500ms, scrape_timeout: 500ms, evaluation_interval: 500ms}}\n\
             rule_files: [{}]\n\
             scrape_configs: [{{job_name: parlor, static_configs: [{{targets: {hosts:?}}}]}}]\n",
            rules.display()
        );
        let file = dir.path().join("prometheus.yaml");
        std::fs::write(&file, config).expect("a test can write into its directory");
        let port = free_port();
        let address = format!("127.0.0.1:{port}");
        let mut command = Command::new("prometheus");
        command
            .arg(format!("--config.file={}", file.display()))
            .arg(format!(
                "--storage.tsdb.path={}",
                dir.path().join("data").display()
            ))
            .arg(format!("--web.listen-address={address}"));
        let there = Command::new("prometheus").arg("--version").output();
        assert!(
            there.is_ok(),
            "there is no Prometheus: apt-get install --no-install-recommends prometheus"
        );
        let server = Server::start("prometheus", command);
        let api = Api::new(format!("http://{address}"));
        until("Prometheus is ready", || async {
            let request = api.request("GET".parse().expect("a method"), "/-/ready");
            let answer = Api::try_send(request).await;
            answer.is_ok_and(|answer| answer.status == 200)
        })
        .await;
        Self {
            api,
            _server: server,
            _dir: dir,
        }
    }

    /// The series that a query gives now.
    ///
    /// # Errors
    /// What Prometheus says against it.
    pub async fn ask(&self, query: &str) -> Result<Vec<Value>, String> {
        let request = self
            .api
            .request("GET".parse().expect("a method"), "/api/v1/query")
            .query(&[("query", query)]);
        let answer = Api::send(request).await;
        if answer.status != 200 {
            return Err(answer.text);
        }
        let found = answer.json["data"]["result"].as_array().cloned();
        found.ok_or(answer.text)
    }

    /// The values that a query gives now.
    ///
    /// # Panics
    /// It can't be asked.
    pub async fn values(&self, query: &str) -> Vec<f64> {
        let found = self.ask(query).await;
        let found = found.unwrap_or_else(|error| panic!("{query}: {error}"));
        let value = |series: &Value| series["value"][1].as_str()?.parse().ok();
        found.iter().filter_map(value).collect()
    }

    /// The alert rules, and the health of each: `ok` once it was looked at without an error.
    ///
    /// # Panics
    /// A rule was not looked at within half a minute.
    pub async fn rules(&self) -> Vec<(String, String)> {
        let mut rules = Vec::new();
        until("every rule was looked at", || {
            let asked = self.api.get("/api/v1/rules");
            async move {
                let answer = asked.await.json;
                !answer["data"]["groups"].to_string().contains("\"unknown\"")
            }
        })
        .await;
        let answer = self.api.get("/api/v1/rules").await.expect(200);
        let groups = answer["data"]["groups"].as_array().cloned();
        for group in groups.unwrap_or_default() {
            let of_group = group["rules"].as_array().cloned().unwrap_or_default();
            rules.extend(of_group.iter().map(|rule| {
                let text = |name: &str| rule[name].as_str().unwrap_or_default().to_owned();
                (text("name"), text("health"))
            }));
        }
        rules
    }
}

/// A port that nobody has at the moment.
fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    listener.local_addr().expect("it is bound").port()
}
