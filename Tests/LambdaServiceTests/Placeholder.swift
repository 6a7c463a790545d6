// LambdaServiceTests
