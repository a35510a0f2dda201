// This file holds login and logout. Docker's config.json keeps the password, encoded but not encrypted, unless it names a helper.
package command

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"
)

func loginCommand() *cli.Command {
	return &cli.Command{
		Name: "login", Usage: "log in to a registry",
		ArgsUsage: "[REGISTRY]",
		UsageText: "glassbox login [flags] [REGISTRY]\n\npass show registry | glassbox login -u me --password-stdin 127.0.0.1:5000",
		Flags: append(registryFlags(),
			flagText("username", "who you are there", "u"),
			flagText("password", "the password, for everybody to see: better --password-stdin", "p"),
			flagSwitch("password-stdin", "read the password from standard input")),
		Action: login,
	}
}

func login(c *cli.Context) error {
	cargo, err := cargoOf(c)
	if err != nil {
		return err
	}
	host, err := registryHost(c)
	if err != nil {
		return err
	}
	user, password, err := credentials(c)
	if err != nil {
		return err
	}
	config, err := registries(c)
	if err != nil {
		return err
	}
	if err := cargo.Client.Login(c.Context, config, host, user, password); err != nil {
		return fmt.Errorf("log in to %s: %w", host, err)
	}
	_, err = fmt.Fprintln(c.App.Writer, "Login Succeeded")
	return err
}

func registryHost(c *cli.Context) (string, error) {
	if c.NArg() > 1 {
		return "", exactly(c, 1)
	}
	if c.NArg() == 0 {
		return "docker.io", nil
	}
	host, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(c.Args().First(), "https://"), "http://"), "/")
	return host, nil
}

func credentials(c *cli.Context) (user, password string, err error) {
	user, password = c.String("username"), c.String("password")
	switch {
	case c.Bool("password-stdin") && c.IsSet("password"):
		return "", "", errors.New("--password and --password-stdin are mutually exclusive")
	case c.Bool("password-stdin") && user == "":
		return "", "", errors.New("--password-stdin needs --username")
	case c.Bool("password-stdin"):
		text, err := io.ReadAll(os.Stdin)
		return user, strings.TrimRight(string(text), "\r\n"), err
	case c.IsSet("password"):
		fmt.Fprintln(os.Stderr, "WARNING! Using --password via the CLI is insecure. Use --password-stdin.")
	}
	return ask(user, password)
}

// ask asks on the terminal for what was not given.
func ask(user, password string) (string, string, error) {
	if user != "" && password != "" {
		return user, password, nil
	}
	if !term.IsTerminal(int(os.Stdin.Fd())) {
		return "", "", errors.New("a name and a password are needed, and there is no terminal to ask on: give --username and --password-stdin")
	}
	if user == "" {
		fmt.Fprint(os.Stderr, "Username: ")
		line, err := bufio.NewReader(os.Stdin).ReadString('\n')
		if err != nil {
			return "", "", err
		}
		user = strings.TrimSpace(line)
	}
	if password == "" {
		fmt.Fprint(os.Stderr, "Password: ")
		text, err := term.ReadPassword(int(os.Stdin.Fd()))
		fmt.Fprintln(os.Stderr)
		return user, string(text), err
	}
	return user, password, nil
}

func logoutCommand() *cli.Command {
	return &cli.Command{
		Name: "logout", Usage: "forget the password for a registry",
		ArgsUsage: "[REGISTRY]",
		UsageText: "glassbox logout [REGISTRY]\n\nglassbox logout 127.0.0.1:5000",
		Action: func(c *cli.Context) error {
			cargo, err := cargoOf(c)
			if err != nil {
				return err
			}
			host, err := registryHost(c)
			if err != nil {
				return err
			}
			known, err := cargo.Client.Logout(host)
			if err != nil {
				return fmt.Errorf("log out of %s: %w", host, err)
			}
			if !known {
				_, err = fmt.Fprintf(c.App.Writer, "Not logged in to %s\n", host)
				return err
			}
			_, err = fmt.Fprintf(c.App.Writer, "Removing login credentials for %s\n", host)
			return err
		},
	}
}
