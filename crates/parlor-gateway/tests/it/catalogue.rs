//! The catalogue of a house.

use crate::house::{House, noon};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use parlor_model::Slug;
use parlor_ports::PortResult;
use parlor_ports::catalogue::{Catalogue, CatalogueEntry, KeptCard, Listed, Put};

#[async_trait]
impl Catalogue for House {
    async fn put_character(&self, entry: &CatalogueEntry, _: DateTime<Utc>) -> PortResult<Put> {
        self.ask()?;
        let mut catalogue = self.catalogue.lock();
        let before = catalogue.len();
        catalogue.retain(|kept| (&kept.world, &kept.slug) != (&entry.world, &entry.slug));
        let is_new = before == catalogue.len();
        catalogue.push(entry.clone());
        Ok(if is_new { Put::Added } else { Put::Replaced })
    }

    async fn remove_character(&self, world: &Slug, slug: &Slug) -> PortResult<bool> {
        self.ask()?;
        let mut catalogue = self.catalogue.lock();
        let before = catalogue.len();
        catalogue.retain(|kept| (&kept.world, &kept.slug) != (world, slug));
        Ok(before > catalogue.len())
    }

    async fn catalogue_versions(&self) -> PortResult<Vec<(Slug, u64)>> {
        self.ask()?;
        Ok(Vec::new())
    }

    async fn catalogue(&self, world: &Slug) -> PortResult<Vec<Listed>> {
        self.ask()?;
        let catalogue = self.catalogue.lock();
        let of_world = catalogue.iter().filter(|kept| kept.world == *world);
        let listed = of_world.map(|kept| Listed {
            slug: kept.slug.clone(),
            name: kept.name.clone(),
            version: 1,
            picture: kept.picture.is_some(),
            added_at: noon(),
            changed_at: noon(),
        });
        Ok(listed.collect())
    }

    async fn kept_card(&self, world: &Slug, slug: &Slug) -> PortResult<Option<KeptCard>> {
        self.ask()?;
        Ok(self.kept(world, slug).map(|kept| KeptCard {
            version: 1,
            card: kept.card,
            picture: kept.picture.is_some(),
        }))
    }

    async fn kept_picture(&self, world: &Slug, slug: &Slug) -> PortResult<Option<Vec<u8>>> {
        self.ask()?;
        Ok(self.kept(world, slug).and_then(|kept| kept.picture))
    }
}

impl House {
    fn kept(&self, world: &Slug, slug: &Slug) -> Option<CatalogueEntry> {
        let catalogue = self.catalogue.lock();
        let mut kept = catalogue.iter();
        kept.find(|kept| (&kept.world, &kept.slug) == (world, slug))
            .cloned()
    }
}
