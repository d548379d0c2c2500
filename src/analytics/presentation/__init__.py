"""What people see: charts, tables, sentences, Word, PDF, Excel, HTML."""
