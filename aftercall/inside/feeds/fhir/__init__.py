"""FHIR R4: resources, bundles, notifications and polling, read for what they say about a death and who was there."""
