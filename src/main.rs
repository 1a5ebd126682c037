fn main() -> std::process::ExitCode {
    sconce::cli::main()
}
