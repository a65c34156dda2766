-- When what was netted fell due. Of nettings from before it is not known.

alter table group_books.netting_line add column due_on date;
