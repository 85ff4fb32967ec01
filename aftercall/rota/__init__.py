"""Who works when, in the files people have it in: spreadsheets and calendars. It knows no half and no person."""
