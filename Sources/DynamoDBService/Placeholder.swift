// DynamoDBService
