// MappingEngine
