mod subjects;
