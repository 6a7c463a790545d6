// MappingCoreTests
