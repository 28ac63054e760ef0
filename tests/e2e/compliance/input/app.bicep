resource store 'Microsoft.Storage/storageAccounts@2023-01-01' = {
  properties: {
    allowSharedKeyAccess: true
  }
}
var connection = 'DefaultEndpointsProtocol=https;AccountName=contoso;AccountKey={his:64:+ASt:Default0}'
