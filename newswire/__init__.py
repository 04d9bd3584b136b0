"""The face: what people type (`newswire …`) and import."""
