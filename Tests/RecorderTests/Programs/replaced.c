int replacing(void);

int main(void) { return replacing(); }
