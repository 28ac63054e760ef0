  allowSharedKeyAccess: true
