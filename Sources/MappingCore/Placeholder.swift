// MappingCore
